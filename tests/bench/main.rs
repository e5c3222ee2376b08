//! The hot paths, one file each: `cargo bench`.

mod commit;
mod identify;
mod parse;
mod render;
mod serve;

fn main() {
    divan::main();
}
