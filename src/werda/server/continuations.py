"""What follows an order that is done, by its kind: a line for each (usecases.settle_order)."""

from werda.core.order import OrderKind
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.usecases.complete_port_out import complete_port_out
from werda.usecases.complete_product_order import CompleteProductOrder
from werda.usecases.complete_sim_replacement import CompleteSimReplacement
from werda.usecases.settle_order import Continuations
from werda.usecases.sim_change import Rings


def continuations(verifier: Verifier, custody: Custody) -> Continuations:
    """The continuations, with the rings of the process that runs them. Without one, done is all there is."""
    return {
        OrderKind.PRODUCT: CompleteProductOrder(verifier, custody),
        OrderKind.REPLACE_SIM: CompleteSimReplacement(Rings(verifier, custody)),
        OrderKind.PORT_OUT: complete_port_out,
    }
