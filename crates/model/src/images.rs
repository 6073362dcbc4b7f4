//! Uploaded images: which kinds and sizes are taken.

use crate::names::{NameError, is_hostile};

/// The largest upload, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Tells an image's content type by its first bytes. SVG is refused: it can carry scripts.
pub fn content_type(bytes: &[u8]) -> Result<&'static str, NameError> {
    if bytes.len() > MAX_BYTES {
        return Err(NameError::new("must be at most 1 MiB"));
    }
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Ok("image/png"),
        [0xff, 0xd8, 0xff, ..] => Ok("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Ok("image/webp"),
        _ => Err(NameError::new("must be a PNG, JPEG, GIF or WebP image")),
    }
}

/// Checks the address of an image elsewhere: `https://` and at most 500 characters.
pub fn image_url(text: &str) -> Result<String, NameError> {
    let fits = text.len() <= 500
        && text
            .strip_prefix("https://")
            .is_some_and(|rest| rest.len() > 3)
        && !text
            .chars()
            .any(|c| c.is_whitespace() || is_hostile(c) || "\"'<>\\".contains(c));
    if fits {
        Ok(text.to_owned())
    } else {
        Err(NameError::new(
            "must be an address that starts with https://",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_pictures_pass() {
        assert_eq!(content_type(b"\x89PNG\r\n\x1a\nrest"), Ok("image/png"));
        assert!(content_type(b"<svg onload=alert(1)>").is_err());
        assert!(content_type(&vec![0xff; MAX_BYTES + 1]).is_err());
        assert!(image_url("https://cdn.example.com/vip.png").is_ok());
        for bad in [
            "http://x.example/a.png",
            "javascript:alert(1)",
            "https://a\"b",
            "https://",
        ] {
            assert!(image_url(bad).is_err(), "{bad}");
        }
    }
}
