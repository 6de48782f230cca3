//! Where files are kept, and what is made of those that people upload.
//!
//! - `depot/`: one interface to a folder and to S3. Keys are made by the server, never by people.
//! - `sniff.rs`: what a file is, by its first bytes; neither name nor declared type counts.
//! - `pictures/`: decoding, turning, scaling and encoding; runs in a child process alone.
//! - `worker/`: that child. It holds itself to hard limits before it reads a byte, and its parent
//!   ends it when its time is up.
//! - `films/`: video and sound through ffmpeg, under the same kind of limits.
//! - `processor.rs`: from an uploaded file to what is shown, a few at once.
//! - `emojis.rs`: what an operator brings for all.
//! - `work/`: the jobs and the sweeps.

pub mod depot;
pub mod emojis;
mod error;
mod films;
pub mod limits;
mod pictures;
mod processor;
mod sniff;
pub mod work;
pub mod worker;

pub use depot::{Bucket, Depot, DepotError, DepotSettings, Found, Incoming, Piece, Place};
pub use error::MediaError;
pub use films::Ffmpeg;
pub use pictures::ImagePurpose;
pub use processor::{Kind, Made, Processor, Variant};
pub use sniff::{Sniffed, content_types, sniff};
