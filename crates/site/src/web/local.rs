//! Paths that people are led on to.

/// Whether this is a path of ours. `//elsewhere` and `/\elsewhere` are other hosts to a browser, and
/// it drops tabs and line breaks before it looks.
pub(crate) fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_paths_of_ours_are_led_to() {
        assert!(is_local("/s/demo/basket?done=added"));
        for bad in [
            "",
            "basket",
            "//evil.example",
            "/\\evil",
            "/\t/evil",
            "https://evil.example",
            "/\r\nX: y",
        ] {
            assert!(!is_local(bad), "{bad:?}");
        }
    }
}
