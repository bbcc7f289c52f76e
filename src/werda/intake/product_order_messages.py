"""A product order as TM Forum's TMF622 v4 writes it: the part of it that a new contract needs.

Field names are TMF622's, those of the party TMF632's. Values of characteristics are secrets from the first moment,
because one of them is the customer code (B9). What is not named here, notes among it, is neither read nor kept.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

CODE: Final = "customerCode"
TYPED: Final = {"sim": "sims", "msisdn": "msisdn", "donorProvider": "provider", "iban": "iban"}
"""Characteristics beside the code, and the names under which they are read."""

_READ: Final = ConfigDict(extra="ignore", hide_input_in_errors=True)
_Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[!-~]+$")]


class Characteristic(BaseModel):
    """One thing chosen with the product: customerCode, sim, msisdn, donorProvider, iban."""

    model_config = _READ

    name: _Name
    value: SecretStr = Field(max_length=200)


class Product(BaseModel):
    """What is ordered of the offering."""

    model_config = _READ

    productCharacteristic: list[Characteristic] = Field(default=[], max_length=20)  # noqa: N815 - TMF622's name


class Reference(BaseModel):
    """Names something by its id: the offering is a tariff of the brand's catalogue, the channel a brand."""

    model_config = _READ

    id: _Name


class Item(BaseModel):
    """The one item of an order of a new contract."""

    model_config = _READ

    id: _Name = "1"
    action: Literal["add"]
    productOffering: Reference  # noqa: N815 - TMF622's name
    product: Product = Product()


class ContactMedium(BaseModel):
    """TMF632: a postal address (street1, postCode, city) or an e-mail address (emailAddress)."""

    model_config = _READ

    mediumType: Literal["postalAddress", "email"]  # noqa: N815 - TMF632's name
    characteristic: dict[_Name, _Text]


class Party(BaseModel):
    """TMF632: an individual, or an organization with the person to speak to."""

    model_config = _READ

    role: Literal["customer"]
    referred_type: Literal["Individual", "Organization"] = Field(alias="@referredType")
    givenName: _Text = ""  # noqa: N815 - TMF632's name
    familyName: _Text = ""  # noqa: N815 - TMF632's name
    tradingName: _Text = ""  # noqa: N815 - TMF632's name
    birthDate: _Text = ""  # noqa: N815 - TMF632's name
    contactMedium: list[ContactMedium] = Field(default=[], max_length=4)  # noqa: N815 - TMF632's name

    def typed(self) -> dict[str, str]:
        """As the order flow's fields."""
        told = {
            "kind": "person" if self.referred_type == "Individual" else "company",
            "given_name": self.givenName,
            "family_name": self.familyName,
            "company": self.tradingName,
            "birth_date": self.birthDate,
        }
        names = {"street1": "street", "postCode": "postcode", "city": "city", "emailAddress": "email"}
        for medium in self.contactMedium:
            told |= {names[name]: value for name, value in medium.characteristic.items() if name in names}
        return told


class ProductOrderCreate(BaseModel):
    """`POST …/productOrder`. The same `externalId` again is the same order."""

    model_config = _READ

    externalId: _Name  # noqa: N815 - TMF622's name
    category: _Text = ""
    channel: list[Reference] = Field(default=[], max_length=1)
    relatedParty: list[Party] = Field(min_length=1, max_length=1)  # noqa: N815 - TMF622's name
    productOrderItem: list[Item] = Field(min_length=1, max_length=1)  # noqa: N815 - TMF622's name


def shown(row: dict[str, Any], path: str) -> dict[str, Any]:
    """An order as it is answered: which one, where it is and of what. Neither code nor party is ever echoed (B9)."""
    state = {"ordered": "acknowledged", "done": "completed", "failed": "failed"}[row["state"]]
    tariff = row["detail"]["tariff"]
    answer: dict[str, Any] = {
        "id": str(row["public_id"]),
        "href": f"{path}/{row['public_id']}",
        "externalId": row["external_id"],
        "state": state,
        "orderDate": row["ordered_at"].isoformat(),
        "productOrderItem": [
            {
                "id": "1",
                "action": "add",
                "state": state,
                "productOffering": {"id": tariff["slug"], "name": tariff["name"]},
            }
        ],
        "@type": "ProductOrder",
    }
    if row["settled_at"] is not None:
        answer["completionDate"] = row["settled_at"].isoformat()
    return answer
