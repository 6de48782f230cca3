//! Video, sound, GIF and AVIF through ffmpeg, where there is one; and what is done without.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::process::Command;

use petrel_media::{Kind, Made, MediaError, Sniffed, Variant};
use support::samples::{self, SECRET};
use support::{House, bytes, holds, opened};

/// A film or a sound made by ffmpeg, with metadata that says where it was taken.
fn sample(options: &str, extension: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("sample.{extension}"));
    let secret = std::str::from_utf8(SECRET).unwrap();
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-loglevel", "error", "-y"]);
    command.args(options.split(' '));
    for tag in ["title", "comment", "location", "artist"] {
        command.args(["-metadata", &format!("{tag}={secret}")]);
    }
    let made = command.arg(&file).output().unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    std::fs::read(file).unwrap()
}

/// What ffprobe says of a file, all of it.
fn probe(variant: &Variant) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_format", "-show_streams"])
        .arg(&variant.path)
        .output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

const PICTURE: &str = "-f lavfi -i testsrc=size=322x242:rate=25:duration=2";
const TONE: &str = "-f lavfi -i sine=frequency=440:duration=2";

fn require_film(made: &Made, width: u32, height: u32) {
    assert_eq!(
        (
            made.original.kind,
            made.original.width,
            made.original.height
        ),
        (Sniffed::Mp4, width, height)
    );
    assert!(made.duration_ms.unwrap().abs_diff(2_000) < 150, "{made:?}");
    assert_eq!(made.frame_rate.as_deref(), Some("25/1"));
    assert!(made.bitrate.unwrap() > 1_000);
    let preview = made.preview.as_ref().unwrap();
    assert_eq!(preview.kind, Sniffed::Jpeg);
    assert_eq!(
        opened(preview).dimensions(),
        (preview.width, preview.height)
    );
    assert!(made.blurhash.is_some());
    let film = bytes(&made.original.path);
    assert!(!holds(&film, SECRET), "metadata stayed");
    // The index comes first, so that it plays while it loads.
    let place = |name: &[u8]| film.windows(4).position(|window| window == name).unwrap();
    assert!(place(b"moov") < place(b"mdat"));
    let said = probe(&made.original);
    assert!(
        said.contains("codec_name=h264") && said.contains("pix_fmt=yuv420p"),
        "{said}"
    );
}

#[tokio::test]
async fn films_become_mp4_without_metadata() {
    let Some(house) = House::with_ffmpeg() else {
        return;
    };
    let cases = [
        (
            format!("{PICTURE} {TONE} -c:v libvpx -deadline realtime -c:a libvorbis"),
            "webm",
            Kind::Video,
        ),
        (
            format!("{PICTURE} {TONE} -c:v libx264 -preset ultrafast -pix_fmt yuv444p -c:a aac"),
            "mov",
            Kind::Video,
        ),
        (
            format!("{PICTURE} {TONE} -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"),
            "mp4",
            Kind::Video,
        ),
        (
            format!("{PICTURE} -c:v libx264 -preset ultrafast -pix_fmt yuv420p"),
            "mp4",
            Kind::Gifv,
        ),
    ];
    for (options, extension, kind) in cases {
        let file = sample(&options, extension);
        assert!(holds(&file, SECRET), "{extension}");
        let made = house.attach(&file).await.unwrap();
        assert_eq!(made.kind, kind, "{extension}");
        require_film(&made, 322, 242);
    }
}

#[tokio::test]
async fn a_film_that_is_fine_is_copied_and_one_on_its_side_is_measured_upright() {
    let Some(house) = House::with_ffmpeg() else {
        return;
    };
    let options = format!("{PICTURE} -c:v libx264 -preset ultrafast -pix_fmt yuv420p");
    let upright = sample(&options, "mp4");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("upright.mp4");
    std::fs::write(&file, &upright).unwrap();
    let turned = format!("-i {} -c copy -metadata:s:v:0 rotate=90", file.display());
    let made = house.attach(&sample(&turned, "mp4")).await.unwrap();
    require_film(&made, 242, 322);
    let preview = made.preview.unwrap();
    assert!(preview.height > preview.width);
}

#[tokio::test]
async fn sounds_become_mp3_without_tags() {
    let Some(house) = House::with_ffmpeg() else {
        return;
    };
    for (options, extension) in [
        ("-c:a libmp3lame", "mp3"),
        ("-c:a libvorbis", "ogg"),
        ("-c:a flac", "flac"),
        ("-c:a pcm_s16le", "wav"),
        ("-c:a aac", "m4a"),
        ("-c:a libopus", "webm"),
    ] {
        let file = sample(&format!("{TONE} {options}"), extension);
        let made = house.attach(&file).await.unwrap();
        assert_eq!(
            (made.kind, made.original.kind),
            (Kind::Audio, Sniffed::Mp3),
            "{extension}"
        );
        assert!(
            made.duration_ms.unwrap().abs_diff(2_000) < 150,
            "{extension}: {made:?}"
        );
        assert!(made.preview.is_none() && made.frame_rate.is_none());
        let sound = bytes(&made.original.path);
        assert!(
            !holds(&sound, SECRET) && !sound.starts_with(b"ID3"),
            "{extension}"
        );
    }
}

#[tokio::test]
async fn a_gif_that_moves_becomes_a_film_and_one_that_does_not_stays() {
    let Some(house) = House::with_ffmpeg() else {
        return;
    };
    let made = house.attach(&samples::gif(101, 51, 8)).await.unwrap();
    assert_eq!((made.kind, made.original.kind), (Kind::Gifv, Sniffed::Mp4));
    assert_eq!((made.original.width, made.original.height), (100, 50));
    assert!(made.duration_ms.unwrap() >= 700, "{made:?}");
    let still = house.attach(&samples::gif(100, 50, 1)).await.unwrap();
    assert_eq!(
        (still.kind, still.original.kind),
        (Kind::Image, Sniffed::Gif)
    );
    let avatar = house
        .image(
            &samples::gif(100, 50, 8),
            petrel_media::ImagePurpose::Avatar,
        )
        .await;
    assert_eq!(avatar.unwrap().original.kind, Sniffed::Gif);
}

#[tokio::test]
async fn avif_becomes_a_picture_that_all_can_see() {
    let Some(house) = House::with_ffmpeg() else {
        return;
    };
    let options = "-f lavfi -i color=c=red:size=320x200 -frames:v 1 -c:v libaom-av1 -cpu-used 8 -still-picture 1";
    let file = sample(options, "avif");
    assert_eq!(petrel_media::sniff(&file), Some(Sniffed::Avif));
    let made = house.attach(&file).await.unwrap();
    assert_eq!(
        (made.kind, made.original.kind),
        (Kind::Image, Sniffed::Jpeg)
    );
    let [red, green, blue, _] = opened(&made.original).get_pixel(160, 100).0;
    assert!(red > 200 && green < 60 && blue < 60);
}

#[tokio::test]
async fn a_film_that_lies_or_is_broken_is_refused() {
    let Some(house) = House::with_ffmpeg() else {
        return;
    };
    let options =
        format!("{PICTURE} {TONE} -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac");
    let film = sample(&options, "mp4");
    let large = sample(
        "-f lavfi -i color=size=4000x2200:duration=0.2 -c:v libx264 -preset ultrafast",
        "mp4",
    );
    let error = house.attach(&large).await.unwrap_err();
    assert_eq!(error.public(), "4000x2200 videos are not supported");
    // A list of other files, dressed as a film: the named container is what is read.
    let playlist = b"\0\0\0\x18ftypisom\0\0\0\0isommp41\n#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n";
    for file in [&film[..film.len() / 3], &film[..40], playlist.as_slice()] {
        let error = house.attach(file).await.unwrap_err();
        assert!(matches!(error, MediaError::Refused(_)), "{error:?}");
    }
}

#[tokio::test]
async fn without_ffmpeg_browsers_formats_pass_and_others_are_refused() {
    let house = House::plain();
    let sound = [
        b"ID3\x04\0\0\0\0\0\x14".as_slice(),
        SECRET,
        &[0xFF, 0xFB, 0x90, 0x64, 1, 2],
    ]
    .concat();
    let made = house.attach(&sound).await.unwrap();
    assert_eq!((made.kind, made.original.kind), (Kind::Audio, Sniffed::Mp3));
    assert!(!holds(&bytes(&made.original.path), SECRET));
    let film = [b"\x1A\x45\xDF\xA3....webm....V_VP9".as_slice(), &[0; 40]].concat();
    assert_eq!(house.attach(&film).await.unwrap().kind, Kind::Video);
    for file in [
        b"\0\0\0\x14ftypqt  \0\0\0\0qt  ".as_slice(),
        b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
    ] {
        let error = house.attach(file).await.unwrap_err();
        assert!(matches!(error, MediaError::Refused(_)), "{error:?}");
    }
}
