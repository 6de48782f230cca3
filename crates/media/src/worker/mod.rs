//! The child process that reads what strangers made: started for one file, held to hard limits
//! that it sets itself before it reads a byte, ended by its parent when its time is up.
//!
//! It is the same binary, called with a hidden command. It gets no environment, so it knows no
//! secret, and whatever ends it leaves nothing behind but its workplace, which its parent clears.

mod child;
mod confine;
mod parent;

pub use child::main;
pub use confine::confine;
pub use parent::{Ended, Worker};

/// The first argument of the child: what is to be done.
const PICTURE: &str = "picture";
const RUN: &str = "run";
