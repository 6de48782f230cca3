//! Petrel's pure core. No I/O happens here: everything is a function of its arguments.

pub mod choices;
pub mod clock;
pub mod entropy;
pub mod event;
pub mod gate;
pub mod home;
pub mod id;
pub mod limits;
pub mod paging;
pub mod scope;
pub mod text;
pub mod visibility;
