//! Petrel's pure core. No I/O happens here: everything is a function of its arguments.

pub mod clock;
pub mod entropy;
pub mod event;
pub mod id;
pub mod visibility;
