"""The `http_options` of a token as a caller writes them, over those that are held."""

from collections.abc import Collection, Mapping

from sigillo.base.errors import Invalid


def merge_http_options(
    held: Mapping[str, object], asked: Mapping[str, object], masks: Collection[str] = ()
) -> dict[str, object]:
    """The options that are asked for over those held: what is not named stays, and an empty text takes it away.

    `headers` are one value, so that they replace each other as a whole. `masks` are texts that stand for a secret as
    an answer showed it: in its place such a text keeps the secret.

    Raises:
        Invalid: a mask stands where no secret is held; the message names the option.
    """
    merged = {**held, **{name: _unmasked(name, value, held.get(name), masks) for name, value in asked.items()}}
    return {name: value for name, value in merged.items() if value not in (None, "", {})}


def _unmasked(name: str, value: object, held: object, masks: Collection[str]) -> object:
    if isinstance(value, Mapping):
        before = held if isinstance(held, Mapping) else {}
        return {key: _unmasked(f"{name}.{key}", item, before.get(key), masks) for key, item in value.items()}
    if value not in masks:
        return value
    if held is None:
        raise Invalid(
            "masked_secret", f"http_options.{name} is a mask with no secret behind it; send the secret itself."
        )
    return held
