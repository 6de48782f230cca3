/// Version and commit, as `petrel version` and the log say them.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("PETREL_COMMIT"), ")");
/// The version alone.
pub const NUMBER: &str = env!("CARGO_PKG_VERSION");
pub const COMMIT: &str = env!("PETREL_COMMIT");
