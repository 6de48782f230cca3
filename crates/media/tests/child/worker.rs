//! The child of the tests: what the real one is, and some that go beyond their limits on purpose.

use std::io::Write;
use std::process::ExitCode;

use petrel_media::worker;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("media-worker") => worker::main(arguments.skip(1)),
        Some("eat") => eat(&words),
        _ => {
            arguments.next();
            ExitCode::FAILURE
        }
    }
}

/// `eat memory`, `eat time`, `eat disk`, `eat sleep`: without a limit none of them comes to an end
/// before its parent's patience does.
fn eat(words: &[String]) -> ExitCode {
    match words.get(1).map(String::as_str) {
        Some("memory") => {
            let mut eaten = Vec::new();
            for _ in 0..4_096 {
                eaten.push(vec![1_u8; 1_024 * 1_024]);
            }
            println!("{}", eaten.len());
        }
        Some("time") => {
            let mut number = 1_u64;
            while number != 0 {
                number = std::hint::black_box(number | 1);
            }
        }
        Some("disk") => {
            let mut file = std::fs::File::create("eaten").expect("a file can be made");
            for _ in 0..4_096 {
                if file.write_all(&[1; 1_024 * 1_024]).is_err() {
                    return ExitCode::FAILURE;
                }
            }
        }
        _ => std::thread::sleep(std::time::Duration::from_secs(600)),
    }
    ExitCode::SUCCESS
}
