//! Sample data: what the gallery shows and the tests render.

/// A context that can show itself in every state worth looking at.
pub trait Sample: Sized {
    /// The usual case.
    fn sample() -> Self;

    /// The usual case and the unusual ones, each with a short name for its file.
    fn samples() -> Vec<(&'static str, Self)> {
        vec![("usual", Self::sample())]
    }
}
