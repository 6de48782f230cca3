//! A focal point as clients send it: `0.5,-0.25`.

use std::str::FromStr;

use petrel_social::media::Focus;

/// What [`super::Fields::parsed`] says of one that is none.
pub const NOT_A_FOCUS: &str = "is not two numbers from -1 to 1";

pub struct FocusParam(pub Focus);

impl FromStr for FocusParam {
    type Err = ();

    fn from_str(text: &str) -> Result<FocusParam, ()> {
        let (x, y) = text.split_once(',').ok_or(())?;
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| ());
        Focus::new(number(x)?, number(y)?).map(FocusParam).ok_or(())
    }
}
