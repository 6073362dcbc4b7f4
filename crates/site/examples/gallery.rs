//! Writes every sample page into a folder, with the assets, to look at in a browser:
//! `cargo run -p tradepost-site --example gallery -- target/gallery`
//! and then serve that folder from its root.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use tradepost_site::{accent_css, assets, gallery};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("which folder?")?);
    fs::create_dir_all(folder.join("assets"))?;
    for (name, asset) in assets::all() {
        fs::write(folder.join("assets").join(name), &asset.body)?;
    }
    for (base, accent) in gallery::accents() {
        let place = folder.join(base.trim_start_matches('/'));
        fs::create_dir_all(&place)?;
        fs::write(place.join("accent.css"), accent_css(accent))?;
    }
    let mut index = String::from("<!doctype html><title>Gallery</title><ul>");
    for shot in gallery::shots()? {
        let file = folder.join(format!("{}.html", shot.name));
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, &shot.html)?;
        index.push_str(&format!(r#"<li><a href="/{0}.html">{0}</a>"#, shot.name));
    }
    fs::write(folder.join("index.html"), index)?;
    Ok(())
}
