use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::lease::Term;

/// Something that one node at a time does, as those see it who do it: a queue's lane, a
/// reconciler. On one machine it is always theirs.
pub(crate) struct Post {
    name: String,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    term: Option<Arc<Term>>,
    /// No work is begun any more; when what is under way has ended, the lease is given back.
    leaving: bool,
}

/// Who holds the term besides those who work: the lease and the post.
const KEEPERS: usize = 2;

impl Post {
    pub(crate) fn always(name: String) -> Post {
        let post = Post::vacant(name);
        post.state.lock().term = Some(Arc::new(Term::always()));
        post
    }

    pub(crate) fn vacant(name: String) -> Post {
        Post {
            name,
            state: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// Whether it needs no lease.
    pub(crate) fn is_always(&self) -> bool {
        let state = self.state.lock();
        state.term.as_ref().is_some_and(|term| term.is_always())
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// For whoever begins work, and holds this until it has ended. None if this node does not do
    /// it now.
    pub(crate) fn work(&self) -> Option<Arc<Term>> {
        let state = self.state.lock();
        let term = state.term.as_ref().filter(|_| !state.leaving)?;
        term.stands().then(|| term.clone())
    }

    /// Ends when the work may have come or gone.
    pub(crate) async fn changed(&self) {
        let mut told = self.changed.subscribe();
        if self.work().is_none() {
            // An error means that the post is gone, which whoever asks holds.
            let _ = told.changed().await;
        }
    }

    /// Ends when the term has.
    pub(crate) async fn lost(&self, term: &Term) {
        let mut told = self.changed.subscribe();
        while term.stands() && told.changed().await.is_ok() {}
    }

    pub(super) fn fill(&self, term: Arc<Term>) {
        *self.state.lock() = State {
            term: Some(term),
            leaving: false,
        };
        self.changed.send_replace(());
    }

    pub(super) fn vacate(&self) {
        *self.state.lock() = State::default();
        self.changed.send_replace(());
    }

    /// After a term that had ended was prolonged.
    pub(super) fn renewed(&self) {
        self.changed.send_replace(());
    }

    pub(super) fn leave(&self) {
        self.state.lock().leaving = true;
        self.changed.send_replace(());
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.state.lock().leaving
    }

    /// True if nobody begins or does work under the term.
    pub(super) fn has_left(&self) -> bool {
        let state = self.state.lock();
        let term = state.term.as_ref();
        state.leaving && term.is_none_or(|term| Arc::strong_count(term) <= KEEPERS)
    }

    /// Wakes who waits for the term to end, if it has.
    pub(super) fn notice(&self) {
        let state = self.state.lock();
        if state.term.as_ref().is_some_and(|term| !term.stands()) {
            self.changed.send_replace(());
        }
    }
}
