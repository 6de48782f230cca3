//! Files that are made to do harm, and the limits that hold the child which reads them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::time::Duration;

use petrel_media::limits::ChildLimits;
use petrel_media::worker::Ended;
use petrel_media::{ImagePurpose, MediaError, sniff};
use support::{House, samples, worker};

const MIB: u64 = 1_024 * 1_024;
const AMPLE: ChildLimits = ChildLimits {
    memory_bytes: 16 * 1_024 * MIB,
    cpu_seconds: 300,
    file_bytes: 16 * 1_024 * MIB,
    wall: Duration::from_secs(300),
};

async fn eat(what: &str, limits: ChildLimits) -> Result<Vec<u8>, Ended> {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["eat".into(), what.into()];
    let child = Path::new(support::CHILD);
    worker().run(limits, child, &arguments, folder.path()).await
}

#[tokio::test]
async fn memory_is_limited() {
    let limits = ChildLimits {
        memory_bytes: 512 * MIB,
        ..AMPLE
    };
    let ended = eat("memory", limits).await;
    assert!(matches!(ended, Err(Ended::Killed { .. })), "{ended:?}");
}

#[tokio::test]
async fn time_on_the_processor_is_limited() {
    let limits = ChildLimits {
        cpu_seconds: 1,
        ..AMPLE
    };
    let ended = eat("time", limits).await;
    assert!(matches!(ended, Err(Ended::Killed { .. })), "{ended:?}");
}

#[tokio::test]
async fn the_size_of_files_is_limited() {
    let limits = ChildLimits {
        file_bytes: 3 * MIB,
        ..AMPLE
    };
    let ended = eat("disk", limits).await;
    assert!(ended.is_err(), "{ended:?}");
}

#[tokio::test]
async fn who_only_waits_is_ended_from_outside() {
    let limits = ChildLimits {
        wall: Duration::from_millis(200),
        ..AMPLE
    };
    let ended = eat("sleep", limits).await;
    assert!(matches!(ended, Err(Ended::TimeIsUp(_))), "{ended:?}");
}

#[tokio::test]
async fn the_child_knows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let env = Path::new("/usr/bin/env");
    let said = worker().run(AMPLE, env, &[], folder.path()).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&said), "");
}

#[tokio::test]
async fn bombs_are_refused_by_their_headers() {
    let house = House::plain();
    let error = house.attach(&samples::png_bomb()).await.unwrap_err();
    assert_eq!(error.public(), "50000x50000 images are not supported");
    let error = house.attach(&samples::gif_bomb(200_000)).await.unwrap_err();
    assert!(
        matches!(&error, MediaError::Refused(why) if why.contains("frames")),
        "{error}"
    );
    let wide = samples::gif(1_300, 800, 2);
    let error = house.attach(&wide).await.unwrap_err();
    assert_eq!(error.public(), "1300x800 images are not supported");
    let error = house
        .image(&samples::png_bomb(), ImagePurpose::Avatar)
        .await;
    assert!(matches!(error, Err(MediaError::Refused(_))));
}

#[tokio::test]
async fn what_is_broken_or_mislabelled_is_refused_with_a_text() {
    let house = House::plain();
    let drawn = samples::corners(200, 100);
    let whole = [
        samples::jpeg(&drawn),
        samples::png(drawn.clone()),
        samples::webp(drawn),
        samples::gif(60, 40, 3),
    ];
    for file in &whole {
        let magic_only = file[..16].to_vec();
        let error = house.attach(&magic_only).await.unwrap_err();
        assert!(matches!(error, MediaError::Refused(_)), "{error:?}");
    }
    // A JPEG that ends early is still seen by many; all others are refused.
    for file in &whole[1..] {
        let half = &file[..file.len() / 2];
        let error = house.attach(half).await.unwrap_err();
        assert!(matches!(error, MediaError::Refused(_)), "{error:?}");
    }
    let others: [&[u8]; 5] = [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"%PDF-1.4",
    ];
    for file in others {
        let error = house.attach(file).await.unwrap_err();
        assert!(matches!(error, MediaError::Refused(_)), "{error:?}");
    }
}

/// A few hundred files, each with some bytes changed, cut or doubled: never a panic or a hang of
/// the parent, and never an answer other than a picture or a refusal.
#[tokio::test]
async fn mutations_harm_nobody() {
    let house = House::plain();
    let drawn = samples::corners(48, 32);
    let bases = [
        samples::jpeg_with_metadata(&samples::jpeg(&drawn), 6),
        samples::png_with_metadata(&samples::png(drawn.clone()), 6),
        samples::webp_with_metadata(&samples::webp(drawn), 48, 32, 6),
        samples::gif_with_metadata(&samples::gif(48, 32, 3)),
    ];
    let mut dice = 20_261_121_u64;
    let mut roll = |sides: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice % sides as u64) as usize
    };
    let (mut made, mut refused) = (0, 0);
    for round in 0..300 {
        let mut file = bases[round % bases.len()].clone();
        for _ in 0..=roll(6) {
            let place = roll(file.len());
            match roll(4) {
                0 => file[place] = roll(256) as u8,
                1 => file[place] ^= 1 << roll(8),
                2 => file.truncate(place.max(1)),
                _ => {
                    let end = (place + roll(40)).min(file.len());
                    let doubled = file[place..end].to_vec();
                    file.splice(place..place, doubled);
                }
            }
        }
        let _ = sniff(&file);
        match house.attach(&file).await {
            Ok(_) => made += 1,
            Err(MediaError::Refused(_)) => refused += 1,
            Err(other) => panic!("round {round}: {other:?}"),
        }
    }
    assert!(made > 20 && refused > 20, "{made} made, {refused} refused");
}
