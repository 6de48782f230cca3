//! What a file is, by its first bytes. Whatever else it may be at the same time does not matter:
//! it is read as this, written anew, and served as what was written.

/// A kind of file that is taken in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sniffed {
    Jpeg,
    Png,
    Gif,
    WebP,
    Avif,
    Mp4,
    QuickTime,
    M4a,
    ThreeGp,
    WebM,
    OggVideo,
    Ogg,
    Mp3,
    Flac,
    Wav,
    Aac,
    Asf,
}

const ALL: [Sniffed; 17] = [
    Sniffed::Jpeg,
    Sniffed::Png,
    Sniffed::Gif,
    Sniffed::WebP,
    Sniffed::Avif,
    Sniffed::Mp4,
    Sniffed::QuickTime,
    Sniffed::M4a,
    Sniffed::ThreeGp,
    Sniffed::WebM,
    Sniffed::OggVideo,
    Sniffed::Ogg,
    Sniffed::Mp3,
    Sniffed::Flac,
    Sniffed::Wav,
    Sniffed::Aac,
    Sniffed::Asf,
];

impl Sniffed {
    /// Of a file that was named by [`Sniffed::extension`].
    pub fn of_extension(extension: &str) -> Option<Sniffed> {
        ALL.into_iter()
            .find(|sniffed| sniffed.extension() == extension)
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Sniffed::Jpeg => "image/jpeg",
            Sniffed::Png => "image/png",
            Sniffed::Gif => "image/gif",
            Sniffed::WebP => "image/webp",
            Sniffed::Avif => "image/avif",
            Sniffed::Mp4 => "video/mp4",
            Sniffed::QuickTime => "video/quicktime",
            Sniffed::M4a => "audio/mp4",
            Sniffed::ThreeGp => "video/3gpp",
            Sniffed::WebM => "video/webm",
            Sniffed::OggVideo => "video/ogg",
            Sniffed::Ogg => "audio/ogg",
            Sniffed::Mp3 => "audio/mpeg",
            Sniffed::Flac => "audio/flac",
            Sniffed::Wav => "audio/wav",
            Sniffed::Aac => "audio/aac",
            Sniffed::Asf => "video/x-ms-asf",
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Sniffed::Jpeg => "jpg",
            Sniffed::Png => "png",
            Sniffed::Gif => "gif",
            Sniffed::WebP => "webp",
            Sniffed::Avif => "avif",
            Sniffed::Mp4 => "mp4",
            Sniffed::QuickTime => "mov",
            Sniffed::M4a => "m4a",
            Sniffed::ThreeGp => "3gp",
            Sniffed::WebM => "webm",
            Sniffed::OggVideo => "ogv",
            Sniffed::Ogg => "ogg",
            Sniffed::Mp3 => "mp3",
            Sniffed::Flac => "flac",
            Sniffed::Wav => "wav",
            Sniffed::Aac => "aac",
            Sniffed::Asf => "asf",
        }
    }

    /// The kind with this extension, as [`Sniffed::extension`] gives it.
    pub fn by_extension(extension: &str) -> Option<Sniffed> {
        ALL.into_iter().find(|kind| kind.extension() == extension)
    }

    pub fn is_picture(self) -> bool {
        self.content_type().starts_with("image/")
    }

    /// Whether it is sound alone, as far as the first bytes say.
    pub fn is_sound(self) -> bool {
        self.content_type().starts_with("audio/")
    }

    /// How many bytes of it are taken in.
    pub fn bytes_max(self) -> u64 {
        match self.is_picture() {
            true => crate::limits::IMAGE_BYTES_MAX,
            false => crate::limits::VIDEO_BYTES_MAX,
        }
    }
}

/// What is taken in, by the names that clients know.
pub fn content_types() -> Vec<&'static str> {
    ALL.into_iter().map(Sniffed::content_type).collect()
}

/// None: nothing that is taken in. A few hundred bytes are enough.
pub fn sniff(first_bytes: &[u8]) -> Option<Sniffed> {
    let at = |place: usize, magic: &[u8]| {
        first_bytes
            .get(place..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    let begins = |magic: &[u8]| at(0, magic);
    if begins(b"\xFF\xD8\xFF") {
        return Some(Sniffed::Jpeg);
    }
    if begins(b"\x89PNG\r\n\x1A\n") {
        return Some(Sniffed::Png);
    }
    if begins(b"GIF87a") || begins(b"GIF89a") {
        return Some(Sniffed::Gif);
    }
    if begins(b"RIFF") && at(8, b"WEBP") {
        return Some(Sniffed::WebP);
    }
    if (begins(b"RIFF") || begins(b"RF64")) && at(8, b"WAVE") {
        return Some(Sniffed::Wav);
    }
    if at(4, b"ftyp") {
        return by_brand(first_bytes);
    }
    if at(4, b"moov") || at(4, b"mdat") || at(4, b"wide") {
        return Some(Sniffed::QuickTime);
    }
    if begins(b"\x1A\x45\xDF\xA3") && holds(first_bytes, b"webm") {
        return Some(Sniffed::WebM);
    }
    if begins(b"OggS") {
        let is_video = holds(first_bytes, b"\x80theora");
        return Some(if is_video {
            Sniffed::OggVideo
        } else {
            Sniffed::Ogg
        });
    }
    if begins(b"fLaC") {
        return Some(Sniffed::Flac);
    }
    if begins(b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C") {
        return Some(Sniffed::Asf);
    }
    sound_without_container(first_bytes)
}

/// ISO/IEC 14496-12: the major brand, then those that it goes together with.
fn by_brand(bytes: &[u8]) -> Option<Sniffed> {
    let size = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let brands = bytes.get(8..size.clamp(8, bytes.len()))?;
    let major = brands.get(..4)?;
    let mut brands = brands.chunks_exact(4);
    if brands.any(|brand| brand == b"avif" || brand == b"avis") {
        return Some(Sniffed::Avif);
    }
    match major {
        b"qt  " => Some(Sniffed::QuickTime),
        b"M4A " | b"M4B " => Some(Sniffed::M4a),
        [b'3', b'g', ..] => Some(Sniffed::ThreeGp),
        // HEIC and its like have brands of their own, and are not taken in.
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"mif1" | b"msf1" => None,
        _ => Some(Sniffed::Mp4),
    }
}

/// Frames of MPEG sound begin with eleven or twelve set bits.
fn sound_without_container(bytes: &[u8]) -> Option<Sniffed> {
    if bytes.starts_with(b"ID3") {
        return Some(Sniffed::Mp3);
    }
    let [0xFF, second, third, ..] = bytes else {
        return None;
    };
    if second & 0xF6 == 0xF0 {
        return Some(Sniffed::Aac);
    }
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    let (rate, frequency) = (third >> 4, third >> 2 & 3);
    let is_frame = second & 0xE0 == 0xE0 && version != 1 && layer == 1;
    (is_frame && rate != 0 && rate != 15 && frequency != 3).then_some(Sniffed::Mp3)
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        let cases: [(&[u8], Option<Sniffed>); 22] = [
            (b"\xFF\xD8\xFF\xE0", Some(Sniffed::Jpeg)),
            (b"\x89PNG\r\n\x1A\n....", Some(Sniffed::Png)),
            (b"GIF89a", Some(Sniffed::Gif)),
            (b"RIFF....WEBPVP8 ", Some(Sniffed::WebP)),
            (b"RIFF....WAVEfmt ", Some(Sniffed::Wav)),
            (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", Some(Sniffed::Avif)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Some(Sniffed::Avif)),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", None),
            (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", Some(Sniffed::Mp4)),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Some(Sniffed::QuickTime)),
            (b"\0\0\0\x14ftypM4A \0\0\0\0M4A ", Some(Sniffed::M4a)),
            (b"\x1A\x45\xDF\xA3....webm", Some(Sniffed::WebM)),
            (b"\x1A\x45\xDF\xA3....matroska", None),
            (b"OggS....\x01vorbis", Some(Sniffed::Ogg)),
            (b"OggS....\x80theora", Some(Sniffed::OggVideo)),
            (b"fLaC", Some(Sniffed::Flac)),
            (b"ID3\x04", Some(Sniffed::Mp3)),
            (b"\xFF\xFB\x90\x64", Some(Sniffed::Mp3)),
            (b"\xFF\xF1\x50\x80", Some(Sniffed::Aac)),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", None),
            (b"#EXTM3U\nfile:///etc/passwd", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(sniff(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn no_beginning_of_a_file_is_too_short() {
        let whole = b"\0\0\0\x18ftypavif\0\0\0\0avifmif1";
        for length in 0..whole.len() {
            let _ = sniff(&whole[..length]);
        }
        let _ = sniff(b"\xFF\xFF\xFF\xFFftyp");
    }

    #[test]
    fn each_kind_is_found_by_its_extension() {
        for kind in ALL {
            assert_eq!(Sniffed::by_extension(kind.extension()), Some(kind));
        }
    }
}
