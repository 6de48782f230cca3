//! What must be so. Each oracle asks a node as a user would and holds the answer against what the
//! users know ([`crate::model`]); none of them asks the product's rules.

pub mod conversations;
mod denied;
pub mod files;
mod half_done;
pub mod lists;
pub mod looks;
pub mod plans;
pub mod reading;
pub mod reads;
pub mod shut_out;
pub mod timelines;
pub mod view;
pub mod whole;
