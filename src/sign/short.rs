//! A list that lies on the stack while it is short.

/// Up to `N` items in place, then all of them on the heap. A request has few headers and parameters, but nothing says so.
pub(super) struct Short<T, const N: usize> {
    stack: [T; N],
    length: usize,
    heap: Vec<T>,
}

impl<T: Copy, const N: usize> Short<T, N> {
    /// An empty list; `blank` fills the unused places.
    pub(super) fn new(blank: T) -> Short<T, N> {
        Short {
            stack: [blank; N],
            length: 0,
            heap: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, item: T) {
        match self.stack.get_mut(self.length) {
            Some(place) => {
                *place = item;
                self.length += 1;
            }
            None => {
                if self.heap.is_empty() {
                    self.heap.extend_from_slice(&self.stack);
                }
                self.heap.push(item);
            }
        }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        if self.heap.is_empty() {
            self.stack.get(..self.length).unwrap_or_default()
        } else {
            &self.heap
        }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        if self.heap.is_empty() {
            self.stack.get_mut(..self.length).unwrap_or_default()
        } else {
            &mut self.heap
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_to_the_heap_when_full() {
        let mut list = Short::<usize, 3>::new(0);
        for i in 0..10 {
            assert_eq!(list.as_slice(), (0..i).collect::<Vec<_>>());
            list.push(i);
        }
        list.as_mut_slice().reverse();
        assert_eq!(list.as_slice(), (0..10).rev().collect::<Vec<_>>());
    }
}
