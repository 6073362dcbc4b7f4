//! The small display types that the pages of all areas share.

mod document;
mod field;
mod html;
mod money;
mod notice;
mod sample;
mod status;
mod when;

pub use document::{Document, Theme};
pub use field::{Choice, Field, FieldError};
pub use html::{Html, icon};
pub use money::Money;
pub use notice::Notice;
pub use sample::Sample;
pub use status::{Status, Tone};
pub use when::When;
