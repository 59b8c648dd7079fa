//! Kernel images.

pub mod kernel_signature;
