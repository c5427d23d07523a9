//! Hierarchy of spans, for any reported parents.

use foldhash::{HashMap, HashMapExt as _};
use quipu_core::SpanId;

/// The trees of a trace. Spans are numbers, in the order in which siblings stand.
pub(crate) struct Forest {
    parents: Vec<Option<u32>>,
    /// Children of all spans, grouped by parent, roots last.
    children: Vec<u32>,
    /// Index in `children` of the first child of each span; one entry more for the roots, and one for the
    /// end.
    begins: Vec<usize>,
}

impl Forest {
    /// The trees of spans and the ids that they name as their parents.
    pub(crate) fn new(ids: &[SpanId], above: &[Option<SpanId>]) -> Self {
        let mut places: HashMap<SpanId, u32> = HashMap::with_capacity(ids.len());
        places.extend(ids.iter().copied().zip(0_u32..));
        let mut parents: Vec<Option<u32>> =
            above.iter().map(|parent| parent.and_then(|id| places.get(&id).copied())).collect();
        cut_circles(&mut parents);
        let roots = parents.len();
        let slot = |parent: Option<u32>| parent.map_or(roots, |parent| parent as usize);
        let mut begins = vec![0_usize; roots + 2];
        parents.iter().for_each(|parent| begins[slot(*parent) + 1] += 1);
        (1..begins.len()).for_each(|at| begins[at] += begins[at - 1]);
        let (mut next, mut children) = (begins.clone(), vec![0_u32; roots]);
        for (parent, child) in parents.iter().zip(0_u32..) {
            let free = &mut next[slot(*parent)];
            children[*free] = child;
            *free += 1;
        }
        Self { parents, children, begins }
    }

    /// The parent of a span.
    pub(crate) fn parent(&self, at: usize) -> Option<u32> {
        self.parents[at]
    }

    /// The children of a span.
    pub(crate) fn children(&self, at: usize) -> &[u32] {
        &self.children[self.begins[at]..self.begins[at + 1]]
    }

    /// Every span before its children.
    pub(crate) fn order(&self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.parents.len());
        let mut waiting: Vec<u32> = self.children(self.parents.len()).iter().rev().copied().collect();
        while let Some(at) = waiting.pop() {
            order.push(at);
            waiting.extend(self.children(at as usize).iter().rev());
        }
        order
    }
}

/// Makes the first span of every circle a root.
fn cut_circles(parents: &mut [Option<u32>]) {
    // 0: not visited; else the number of the visiting walk.
    let mut seen = vec![0_u32; parents.len()];
    for (from, walk) in (0..parents.len()).zip(1_u32..) {
        let mut at = from;
        while seen[at] == 0 {
            seen[at] = walk;
            let Some(parent) = parents[at] else { break };
            at = parent as usize;
        }
        // A walk that meets itself, other than at a root, has gone in a circle.
        if seen[at] == walk && parents[at].is_some() {
            let circle = std::iter::successors(Some(at), |at| parents[*at].map(|parent| parent as usize));
            let first = first_of(circle, at);
            parents[first] = None;
        }
    }
}

/// The smallest number on a cycle.
fn first_of(way: impl Iterator<Item = usize>, begin: usize) -> usize {
    way.skip(1).take_while(|at| *at != begin).fold(begin, usize::min)
}
