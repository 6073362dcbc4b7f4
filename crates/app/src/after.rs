//! What follows a commit: commands are handed to the delivery engine, pages are told, the job runner wakes.
//! An operation that takes a transaction gives it back to whoever commits.

use tradepost_db::commands::NewCommand;
use tradepost_model::ids::StoreId;

use crate::App;
use crate::live::Change;

/// What is to be done once a transaction has committed.
#[derive(Clone, Debug, Default)]
#[must_use = "run it after the commit"]
pub struct After {
    pub(crate) handed: Vec<NewCommand>,
    pub(crate) changes: Vec<Change>,
    pub(crate) jobs: bool,
}

impl After {
    /// Does it. Losing it, as in a crash, costs a sweep.
    pub async fn run(self, app: &App, store: StoreId) {
        app.delivery.handed(app, store, self.handed).await;
        for change in self.changes {
            app.live.changed(store, change);
        }
        if self.jobs {
            app.jobs.nudge();
        }
    }
}
