"""Generators that draw what they are asked for: by class, or by codes that they make up themselves."""

from functools import partial

from ..adversarial.augment import Affine
from ..adversarial.latents import Coded
from ..adversarial.recognition import AsAsked, Classes, Codes, ReadCodes
from ..networks import DcganDiscriminator, MlpDiscriminator
from ..settings import Tree
from ..training.run import Budget, Run
from .base import Recipe, Situation
from .classics import dcgan, mlp, sngan
from .modern import lean

CLASSES: Tree = {"name": "image", "condition": "class"}


def cgan(situation: Situation) -> Run:
    """The first conditional pair: perceptrons that are given the class beside the latent and beside the sample."""
    return mlp(situation).model_copy(update={"recipe": "cgan", "discriminator": MlpDiscriminator(condition="input")})


def acgan(situation: Situation) -> Run:
    """The discriminator is not told the class, it names it; the generator is paid for being understood."""
    judge = DcganDiscriminator(condition="none")
    changes = {"recipe": "acgan", "discriminator": judge, "terms": (Classes(), AsAsked())}
    return dcgan(situation).model_copy(update=changes)


def projection(situation: Situation) -> Run:
    """The projection discriminator on the residual networks of `sngan`, which project where there is a class."""
    return sngan(situation).model_copy(update={"recipe": "projection"})


def infogan(situation: Situation) -> Run:
    """Codes of the generator's own making, ten values and two numbers, that the discriminator has to read off.

    The lean networks under the default objective; the paper's own were a small DCGAN under the loss of 2014. Pictures
    are turned and slanted before their category is read, so that it means what a picture shows and not how it stands.
    """
    run = lean(situation, name="infogan", width=16)
    through = (Affine(),) if len(situation.spec.axes) == 2 else ()
    terms = (*run.terms, Codes(through=through), ReadCodes(through=through))
    return run.model_copy(update={"latents": Coded(), "terms": terms, "budget": Budget(minutes=20)})


def conditional(situation: Situation, *, width: int) -> Run:
    """The default pair with the class given to both players."""
    return lean(situation, name="conditional", width=width)


RECIPES: dict[str, Recipe] = {
    "cgan": Recipe(cgan, 2014, "Mirza & Osindero", "perceptrons", "non-saturating, class beside", CLASSES),
    "infogan": Recipe(infogan, 2016, "Chen et al.", "lean, width 16", "relativistic + R1 + R2 + codes"),
    "acgan": Recipe(acgan, 2017, "Odena et al.", "dcgan", "non-saturating + classes", CLASSES),
    "projection": Recipe(projection, 2018, "Miyato & Koyama", "resnet, spectral norm", "hinge, projected", CLASSES),
    "conditional": Recipe(
        partial(conditional, width=16), 2024, "Huang et al.", "lean, width 16, projection", "relativistic + R1 + R2",
        CLASSES,
    ),
}  # fmt: skip
