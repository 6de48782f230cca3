//! How long a JPEG of about 4 MB takes from upload to ready, and how much memory the children
//! use while twenty come at once: `cargo run --release -p petrel-media --example measure`.
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use petrel_media::worker::{self, Worker};
use petrel_media::{Depot, DepotSettings, Place, Processor};

const CHILD: &str = "media-worker";
const AT_ONCE: usize = 20;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == CHILD) {
        let ended = worker::main(arguments);
        assert_eq!(
            format!("{ended:?}"),
            format!("{:?}", std::process::ExitCode::SUCCESS)
        );
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let depot = Depot::open(&DepotSettings {
        place: Place::Folder(folder.path().join("media")),
        scratch: folder.path().join("scratch"),
    });
    let depot = depot.expect("a depot opens in an empty folder");
    let worker = Worker::new("/proc/self/exe".into(), [CHILD]);
    let processor = Processor::new(depot, worker, None);
    let file = folder.path().join("photo.jpg");
    let bytes = photo();
    std::fs::write(&file, &bytes).expect("the file can be written");
    println!("a JPEG of {} KB, 4032x3024", bytes.len() / 1_000);

    for _ in 0..3 {
        let begin = Instant::now();
        let made = processor.attachment(&file).await.expect("it is a picture");
        let (size, taken) = (made.original.size_bytes / 1_000, begin.elapsed());
        println!("ready after {} ms, {size} KB", taken.as_millis());
    }
    let (peak, stop) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let watch = {
        let (peak, stop) = (peak.clone(), stop.clone());
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                peak.fetch_max(children_kb(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        })
    };
    let begin = Instant::now();
    let all = (0..AT_ONCE).map(|_| processor.attachment(&file));
    let done = futures_util::future::join_all(all).await;
    let ready = done.iter().filter(|made| made.is_ok()).count();
    let taken = begin.elapsed().as_millis();
    stop.store(true, Ordering::Relaxed);
    watch.join().expect("the watch does not panic");
    let own = status_kb(Path::new("/proc/self/status"), "VmHWM:");
    println!("{ready} of {AT_ONCE} at once: all ready after {taken} ms");
    println!(
        "children at most {} MB together, this process {} MB",
        peak.load(Ordering::Relaxed) / 1_000,
        own / 1_000
    );
}

/// Like a photograph: smooth, with some noise.
fn photo() -> Vec<u8> {
    let mut seed = 1_u32;
    let image = RgbImage::from_fn(4_032, 3_024, |x, y| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (seed >> 27) as u8;
        Rgb([
            (x / 16) as u8 ^ noise,
            ((y / 12) as u8).wrapping_add(noise & 7),
            ((x + y) / 28) as u8 ^ (noise >> 1),
        ])
    });
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 80);
    image
        .write_with_encoder(encoder)
        .expect("a picture can be encoded");
    bytes
}

/// Memory of all children of this process, in KB.
fn children_kb() -> u64 {
    let own = std::process::id().to_string();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return 0;
    };
    processes
        .flatten()
        .map(|process| process.path().join("status"))
        .filter(|status| {
            let text = std::fs::read_to_string(status).unwrap_or_default();
            let parent = text.lines().find_map(|line| line.strip_prefix("PPid:"));
            parent.is_some_and(|parent| parent.trim() == own)
        })
        .map(|status| status_kb(&status, "VmRSS:"))
        .sum()
}

fn status_kb(status: &Path, field: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
