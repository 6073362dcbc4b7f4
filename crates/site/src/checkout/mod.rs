//! Paying: the checkout page, the Test gateway's page, and the receipt with its live delivery.

mod delivery;
mod ended;
mod frame;
mod handlers;
mod receipt;
mod session;
mod test_gateway;

pub use delivery::{Delivery, DeliveryCommand, DeliveryPackage, Step, StepState};
pub use ended::Ended;
pub use frame::{Frame, Line, Recipient, Totals};
pub(crate) use handlers::routes;
pub use receipt::{Receipt, ReceiptState};
pub use session::{Checkout, Method};
pub(crate) use test_gateway::DECISIONS;
pub use test_gateway::{Decide, Standing, TestGateway};
