"""What follows an order that is done, by its kind: a line for each (usecases.settle_order)."""

from werda.core.order import OrderKind
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.usecases.complete_product_order import CompleteProductOrder
from werda.usecases.settle_order import Continuations


def continuations(verifier: Verifier, custody: Custody) -> Continuations:
    """The continuations, with the rings of the process that runs them. Without one, done is all there is."""
    return {OrderKind.PRODUCT: CompleteProductOrder(verifier, custody)}
