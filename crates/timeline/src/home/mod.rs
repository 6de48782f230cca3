//! Home, pulled: the viewer's chains of the log merged and judged by the rules of
//! [`petrel_model::home`], and continued out of the store where the log ends.

mod ascent;
mod cold;
mod descent;
mod reach;
mod text;
mod viewer;

pub(crate) use ascent::Ascent;
pub(crate) use cold::{Cold, ColdReads};
pub(crate) use descent::Descent;
pub(crate) use reach::Reach;
pub(crate) use text::passing;
pub(crate) use viewer::{Judge, Viewer, Viewers};
