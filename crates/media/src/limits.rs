//! Every limit on what is uploaded and on what its processing may use.

use std::time::Duration;

const MIB: u64 = 1_024 * 1_024;

/// An uploaded picture, in bytes; as Mastodon.
pub const IMAGE_BYTES_MAX: u64 = 16 * MIB;
/// An uploaded video or sound, in bytes; as Mastodon.
pub const VIDEO_BYTES_MAX: u64 = 99 * MIB;
/// An uploaded avatar or header, in bytes; as Mastodon.
pub const PROFILE_IMAGE_BYTES_MAX: u64 = 8 * MIB;
/// An uploaded emoji, in bytes; as Mastodon.
pub const EMOJI_BYTES_MAX: u64 = 256 * 1_024;

/// Pixels that a picture may have to be decoded at all: 7680×4320; as Mastodon.
pub const IMAGE_PIXELS_MAX: u64 = 33_177_600;
/// Pixels of one frame of a GIF: 1280×720; as Mastodon.
pub const GIF_PIXELS_MAX: u64 = 921_600;
/// Frames of a moving picture.
pub const FRAMES_MAX: u64 = 3_000;
/// Pixels of all frames of a moving picture together: about a minute at full size and 30 a second.
pub const FRAMES_PIXELS_MAX: u64 = 1_600_000_000;
/// No side may be longer; what the codecs can write.
pub const SIDE_MAX: u32 = 32_767;

/// Pixels of a picture as it is kept: 3840×2160; as Mastodon.
pub const ORIGINAL_PIXELS_MAX: u64 = 8_294_400;
/// Pixels of a preview: 640×360; as Mastodon.
pub const PREVIEW_PIXELS_MAX: u64 = 230_400;
/// The side of an avatar, which is square; as Mastodon.
pub const AVATAR_SIDE_MAX: u32 = 400;
/// Pixels of a header: 1500×500; as Mastodon.
pub const HEADER_PIXELS_MAX: u64 = 750_000;
/// Pixels of an emoji: it is shown at the height of a line.
pub const EMOJI_PIXELS_MAX: u64 = 512 * 512;
/// Pixels of all frames of a moving avatar, header or emoji that are scaled one by one; what has
/// more stands still.
pub const MOVING_PIXELS_MAX: u64 = 60_000_000;

/// Pixels of one frame of a video that is taken in: 3840×2160; as Mastodon.
pub const VIDEO_PIXELS_MAX: u64 = 8_294_400;
/// Frames a second of a video that is taken in; as Mastodon.
pub const VIDEO_FRAME_RATE_MAX: f64 = 120.0;
/// A video or a sound that is taken in may last so long; as Mastodon.
pub const VIDEO_DURATION_MAX: Duration = Duration::from_secs(3 * 60 * 60);
/// Pixels of one frame of a video that is transcoded: 1920×1080.
pub const TRANSCODED_PIXELS_MAX: u64 = 2_073_600;
/// Frames a second of a video that is transcoded; as Mastodon.
pub const TRANSCODED_FRAME_RATE_MAX: u32 = 60;

/// Pictures in work at once, on one node.
pub const PICTURES_AT_ONCE: usize = 2;
/// Pictures that wait beside those in work; the others come again.
pub const PICTURES_WAITING_MAX: usize = 2;
/// Videos and sounds in work at once, on one node.
pub const FILMS_AT_ONCE: usize = 1;
/// How long is waited for a turn, once a picture is there; then whoever asks is told to try later.
pub const PICTURE_WAIT_MAX: Duration = Duration::from_secs(20);
/// As [`PICTURE_WAIT_MAX`], of videos and sounds, which take long.
pub const FILM_WAIT_MAX: Duration = Duration::from_secs(1);
/// What a child says is read up to here, in bytes.
pub const ANSWER_BYTES_MAX: u64 = 256 * 1_024;

/// What the child that decodes pictures may use.
/// Address space is more than memory: the allocator reserves it by the GiB, and pixels have a limit
/// of their own.
pub const PICTURE_CHILD: ChildLimits = ChildLimits {
    memory_bytes: 3_072 * MIB,
    cpu_seconds: 40,
    file_bytes: 64 * MIB,
    wall: Duration::from_secs(60),
};
/// What ffprobe may use.
pub const PROBE_CHILD: ChildLimits = ChildLimits {
    memory_bytes: 2_048 * MIB,
    cpu_seconds: 20,
    file_bytes: MIB,
    wall: Duration::from_secs(30),
};
/// What ffmpeg may use.
pub const FILM_CHILD: ChildLimits = ChildLimits {
    memory_bytes: 3_072 * MIB,
    cpu_seconds: 20 * 60,
    file_bytes: 2 * VIDEO_BYTES_MAX,
    wall: Duration::from_secs(10 * 60),
};

/// The hard limits of one child process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildLimits {
    /// Address space.
    pub memory_bytes: u64,
    /// Time on a processor, all threads together.
    pub cpu_seconds: u64,
    /// The largest file that it may write.
    pub file_bytes: u64,
    /// After so long it is ended from outside.
    pub wall: Duration,
}
