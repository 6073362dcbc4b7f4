//! Drawings made from a name: the same name always gives the same picture.
//!
//! They stand where an owner gave no image, so that a store looks finished from its first
//! minute. None of them needs an id, a gradient or a request.

mod draw;
mod head;
mod motif;
mod package;
mod scene;

pub use head::head;
pub use package::package;
pub use scene::scene;
