//! The promises to users, a file each.

mod categories;
mod commands;
mod configure;
mod crash;
mod duplicates;
mod fetching;
mod floors;
mod hostile;
mod publishing;
mod reading;
mod reload;
mod serving;
mod subscribe;
mod systemd;
