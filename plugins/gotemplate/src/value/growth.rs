//! How much room Go's `append` makes: templates see it, because `slice` may reach past the end of a list up to its capacity.
//!
//! Ported from Go's `runtime` package (`growslice` and the size classes; BSD licence, see NOTICE).

use super::Element;

/// The sizes that Go's allocator hands out.
const CLASSES: [usize; 67] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
    512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
    5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480,
    21760, 24576, 27264, 28672, 32768,
];
/// From this capacity on it grows by less than twice.
const THRESHOLD: usize = 256;
/// Objects with pointers that are larger than this carry a header.
const HEADERLESS: usize = 512;
const HEADER: usize = 8;
const PAGE: usize = 8192;

/// Whether an element holds pointers: Go puts a header before larger lists of such elements.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pointers {
    Some,
    None,
}

/// The bytes of an element, and whether it holds pointers.
fn layout(element: Element) -> (usize, Pointers) {
    match element {
        Element::Any | Element::Text => (16, Pointers::Some),
        Element::List => (24, Pointers::Some),
        Element::Int => (8, Pointers::None),
        Element::Byte => (1, Pointers::None),
    }
}

fn rounded(size: usize, pointers: Pointers) -> usize {
    if size > 32_768 - HEADER {
        return size.div_ceil(PAGE) * PAGE;
    }
    let header = if pointers == Pointers::Some && size > HEADERLESS { HEADER } else { 0 };
    CLASSES.iter().find(|class| **class >= size + header).map_or(size, |class| class - header)
}

/// The capacity of a list of capacity `old` after `append` made it `length` long.
pub(crate) fn appended(element: Element, old: usize, length: usize) -> usize {
    if length <= old {
        return old;
    }
    let mut wanted = old;
    if length > old * 2 {
        wanted = length;
    } else if old < THRESHOLD {
        wanted = old * 2;
    } else {
        while wanted < length {
            wanted += (wanted + 3 * THRESHOLD) / 4;
        }
    }
    let (size, pointers) = layout(element);
    rounded(wanted * size, pointers) / size
}

/// The capacity of a list whose elements were appended one by one to one of capacity `from`.
pub(crate) fn grown(element: Element, from: usize, length: usize) -> usize {
    let mut capacity = from;
    while capacity < length {
        capacity = appended(element, capacity, capacity + 1);
    }
    capacity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_doubles_and_later_grows_by_a_quarter() {
        let capacities: Vec<usize> = [1, 2, 3, 5, 9, 17].map(|n| grown(Element::Any, 0, n)).to_vec();
        assert_eq!(capacities, [1, 2, 4, 8, 16, 32]);
        assert_eq!(grown(Element::Int, 0, 513), 848);
        assert_eq!(appended(Element::Any, 5, 6), 10);
        assert_eq!(appended(Element::Any, 1, 6), 6);
        assert_eq!(appended(Element::Any, 1, 8), 8);
    }
}
