//! Paying: the checkout page, the Test gateway's page, and the receipt with its live delivery.

mod codes;
mod delivery;
mod ended;
mod frame;
mod handlers;
mod receipt;
mod session;
mod subscription;
mod test_gateway;

pub use codes::{Applied, Codes};
pub use delivery::{Delivery, DeliveryCommand, DeliveryPackage, Step, StepState};
pub use ended::Ended;
pub use frame::{Frame, Line, Recipient, Totals};
pub(crate) use handlers::routes;
pub use receipt::{Receipt, ReceiptState};
pub use session::{Checkout, Method, Rhythm};
pub use subscription::{Choice, SubscriptionCard};
pub(crate) use test_gateway::{DECISIONS, FAIL, MEND, RENEW};
pub use test_gateway::{Decide, Standing, TestGateway};
