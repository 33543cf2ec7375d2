//! The allocator of a component: small requests are served from size classes, the rest by the standard library's
//! allocator.
//!
//! A call renders or reads thousands of small things, lives for milliseconds, and releases all of its memory at its
//! end. The standard allocator merges freed memory with its neighbours, which is not needed here, and takes five
//! functions to do it; in a sandbox each function also checks the epoch.
//!
//! # Guarantees
//! - Freed memory serves the next request of its class, so memory is bounded by the sum of the peaks of all classes.
//! - Requests above [`LARGEST`] bytes, or with an unusual alignment, go to the standard allocator.
//!
//! # Assumptions
//! There is one thread: components have no others.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::{self, null_mut};

/// Sizes are multiples of this, and larger alignments have no class.
const STEP: usize = 16;
/// The largest size with a class.
const LARGEST: usize = 512;
const CLASSES: usize = LARGEST / STEP + 1;
/// Bytes that are taken from the standard allocator at once.
const CHUNK: usize = 32 * 1024;

/// An allocator with size classes.
pub(crate) struct Classes(UnsafeCell<Pools>);

// SAFETY: a component has one thread, and each test uses a value from one thread.
unsafe impl Sync for Classes {}

/// The freed pieces of each class, as linked lists inside the pieces, and the unused rest of the last chunk.
struct Pools {
    freed: [*mut u8; CLASSES],
    chunk: *mut u8,
    left: usize,
}

impl Classes {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(Pools { freed: [null_mut(); CLASSES], chunk: null_mut(), left: 0 }))
    }
}

/// The class of a request; `None` if the standard allocator serves it.
#[inline]
fn class(layout: Layout) -> Option<usize> {
    (layout.size() <= LARGEST && layout.align() <= STEP).then(|| layout.size().div_ceil(STEP))
}

impl Pools {
    /// Takes a piece from the chunk; null if there is no memory.
    #[inline]
    fn carve(&mut self, class: usize) -> *mut u8 {
        let bytes = class * STEP;
        if self.left < bytes && !self.refill() {
            return null_mut();
        }
        let piece = self.chunk;
        // SAFETY: `left` bytes follow `chunk`, and `bytes` are no more than that.
        self.chunk = unsafe { piece.add(bytes) };
        self.left -= bytes;
        piece
    }

    /// Takes a new chunk. The rest of the old one, less than a piece, is lost.
    #[cold]
    fn refill(&mut self) -> bool {
        let Ok(layout) = Layout::from_size_align(CHUNK, STEP) else { return false };
        // SAFETY: the size is not zero.
        let chunk = unsafe { System.alloc(layout) };
        if !chunk.is_null() {
            (self.chunk, self.left) = (chunk, CHUNK);
        }
        !chunk.is_null()
    }
}

// SAFETY: pieces of one class have its size, begin at multiples of `STEP` in an aligned chunk, and are either in one
// list or in use; all other memory belongs to the standard allocator.
unsafe impl GlobalAlloc for Classes {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class(layout) else {
            // SAFETY: the caller's guarantee is passed on.
            return unsafe { System.alloc(layout) };
        };
        // SAFETY: there is one thread, and no reference is kept.
        let pools = unsafe { &mut *self.0.get() };
        let Some(first) = pools.freed.get_mut(class).filter(|first| !first.is_null()) else {
            return pools.carve(class);
        };
        let piece = *first;
        // SAFETY: a freed piece begins with the address of the next one.
        *first = unsafe { piece.cast::<*mut u8>().read() };
        piece
    }

    #[inline]
    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        let Some(class) = class(layout) else {
            // SAFETY: the caller's guarantee is passed on.
            return unsafe { System.dealloc(piece, layout) };
        };
        // SAFETY: as in `alloc`.
        let pools = unsafe { &mut *self.0.get() };
        if let Some(first) = pools.freed.get_mut(class) {
            // SAFETY: the piece is no longer in use, and each has room for an address.
            unsafe { piece.cast::<*mut u8>().write(*first) };
            *first = piece;
        }
    }

    #[inline]
    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size is possible with this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class(layout), class(wanted)) {
            // SAFETY: the caller's guarantee is passed on.
            (None, None) => return unsafe { System.realloc(piece, layout, size) },
            (before, after) if before == after => return piece,
            _ => {}
        }
        // SAFETY: both pieces are at least as large as the copy, and the old one is not used afterwards.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(piece, moved, layout.size().min(size));
                self.dealloc(piece, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory that remembers what was written to it.
    struct Piece {
        at: *mut u8,
        layout: Layout,
        mark: u8,
    }

    impl Piece {
        fn new(from: &Classes, size: usize, align: usize, mark: u8) -> Self {
            let layout = Layout::from_size_align(size, align).unwrap();
            let at = unsafe { from.alloc(layout) };
            assert!(!at.is_null() && at.addr().is_multiple_of(align), "{layout:?} at {at:?}");
            unsafe { at.write_bytes(mark, size) };
            Self { at, layout, mark }
        }

        fn check(&self, size: usize) {
            assert!(
                (0..size).all(|nth| unsafe { self.at.add(nth).read() } == self.mark),
                "{:?} was overwritten",
                self.layout
            );
        }

        fn resize(&mut self, by: &Classes, size: usize) {
            self.at = unsafe { by.realloc(self.at, self.layout, size) };
            self.check(size.min(self.layout.size()));
            unsafe { self.at.write_bytes(self.mark, size) };
            self.layout = Layout::from_size_align(size, self.layout.align()).unwrap();
        }

        fn free(self, to: &Classes) {
            self.check(self.layout.size());
            unsafe { to.dealloc(self.at, self.layout) };
        }
    }

    #[test]
    fn pieces_are_apart_and_keep_what_is_written_whatever_comes_and_goes() {
        let classes = Classes::new();
        let mut pieces: Vec<Piece> = Vec::new();
        let mut state = 1_u64;
        for round in 0..20_000_usize {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (dice, size) = (state >> 61, (state >> 33) as usize % 700 + 1);
            let at = (state >> 20) as usize % pieces.len().max(1);
            match dice {
                0..3 if pieces.len() < 500 => {
                    pieces.push(Piece::new(&classes, size, 1 << (state >> 58 & 5), round as u8));
                }
                3..5 if !pieces.is_empty() => pieces[at].resize(&classes, size),
                _ if !pieces.is_empty() => pieces.swap_remove(at).free(&classes),
                _ => {}
            }
        }
        for piece in pieces {
            piece.free(&classes);
        }
    }

    #[test]
    fn what_was_freed_serves_the_next_of_its_class() {
        let classes = Classes::new();
        let piece = Piece::new(&classes, 40, 8, 1);
        let at = piece.at;
        piece.free(&classes);
        let again = Piece::new(&classes, 33, 4, 2);
        assert_eq!(again.at, at);
        let other = Piece::new(&classes, 49, 4, 3);
        assert_ne!(other.at, at);
    }

    #[test]
    fn a_piece_stays_while_it_fits_its_class_and_moves_when_it_does_not() {
        let classes = Classes::new();
        let mut piece = Piece::new(&classes, 33, 1, 7);
        let at = piece.at;
        piece.resize(&classes, 48);
        assert_eq!(piece.at, at);
        for size in [49, LARGEST, LARGEST + 1, 10_000, LARGEST, 1] {
            piece.resize(&classes, size);
        }
        piece.free(&classes);
    }
}
