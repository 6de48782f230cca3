//! Home and the timelines of lists, pulled: the viewer's chains of the log merged and judged by the rules of
//! [`petrel_model::home`], and continued out of the store where the log ends.

mod ascent;
mod cold;
mod descent;
mod judge;
mod reach;
mod tagged;
mod text;
mod viewer;
mod viewers;

pub(crate) use ascent::Ascent;
pub(crate) use cold::{Cold, ColdReads};
pub(crate) use descent::Descent;
pub(crate) use judge::Judge;
pub(crate) use reach::Reach;
pub(crate) use tagged::tagged;
pub(crate) use text::passing;
pub(crate) use viewer::Viewer;
pub(crate) use viewers::{Timeline, Viewers};
