"""The models that tutorials and papers teach, as they were written down, so that one can see them fail and succeed."""

from ..adversarial.constraints import WeightClipping
from ..adversarial.objectives import Hinge, LeastSquares, NonSaturating, Objective, Wasserstein
from ..adversarial.optimisers import Adam, Optimiser, RMSprop
from ..adversarial.regularisers import GradientPenalty
from ..networks import (
    Conv28Discriminator,
    Conv28Generator,
    DcganDiscriminator,
    DcganGenerator,
    Discriminator,
    Generator,
    MlpDiscriminator,
    MlpGenerator,
    ResnetDiscriminator,
    ResnetGenerator,
)
from ..schedule import Linear
from ..training.run import Budget, Run
from .base import Recipe, Situation


def mlp(situation: Situation) -> Run:
    """Two perceptrons of one hidden layer, 100-256-784 on digits: where every tutorial begins."""
    networks = (MlpGenerator(), MlpDiscriminator())
    return _run(situation, "mlp", networks, NonSaturating(), _tutorial_adam(), share_fakes=True)


def mlp_conv(situation: Situation) -> Run:
    """A dense generator against a strided convolutional discriminator."""
    networks = (MlpGenerator(widths=(256, 512)), Conv28Discriminator())
    return _run(situation, "mlp-conv", networks, NonSaturating(), _tutorial_adam(), share_fakes=True)


def conv28(situation: Situation) -> Run:
    """7x7x256 and 5x5 transposed convolutions against 5x5 strided ones with dropout."""
    adam = Adam(learning_rate=1e-4, beta1=0.9, beta2=0.999, epsilon=1e-7)
    networks = (Conv28Generator(), Conv28Discriminator())
    return _run(situation, "conv28", networks, NonSaturating(), adam, batch=256, share_fakes=True)


def dcgan(situation: Situation) -> Run:
    """Strided convolutions and batch norm on both sides."""
    networks = (DcganGenerator(), DcganDiscriminator())
    return _run(situation, "dcgan", networks, NonSaturating(), _tutorial_adam(), share_fakes=True)


def lsgan(situation: Situation) -> Run:
    """The DCGAN networks under squared error."""
    networks = (DcganGenerator(), DcganDiscriminator())
    return _run(situation, "lsgan", networks, LeastSquares(), _tutorial_adam(), share_fakes=True)


def wgan(situation: Situation) -> Run:
    """The DCGAN networks, a critic with clipped weights that moves five times, RMSprop."""
    run = _run(situation, "wgan", (DcganGenerator(), DcganDiscriminator()), Wasserstein(), RMSprop(learning_rate=5e-5))
    return run.model_copy(update={"discriminator_turns": 5, "constraints": (WeightClipping(),)})


def wgan_gp(situation: Situation) -> Run:
    """The DCGAN networks without batch norm in the critic, which a penalty holds to slope one."""
    networks = (DcganGenerator(), DcganDiscriminator(norm="none"))
    run = _run(situation, "wgan-gp", networks, Wasserstein(), Adam(learning_rate=1e-4, beta1=0.0, beta2=0.9))
    return run.model_copy(update={"discriminator_turns": 5, "terms": (GradientPenalty(weight=10.0),)})


def sngan(situation: Situation) -> Run:
    """Residual networks, spectral norm in the discriminator, hinge loss."""
    adam = Adam(learning_rate=Linear(start=2e-4, end=0.0), beta1=0.0, beta2=0.9)
    run = _run(situation, "sngan", (ResnetGenerator(), ResnetDiscriminator()), Hinge(), adam)
    return run.model_copy(update={"discriminator_turns": 5})


def _tutorial_adam() -> Adam:
    """Radford et al. (2016), section 4, as everybody copied it."""
    return Adam(learning_rate=2e-4, beta1=0.5, beta2=0.999)


def _run(
    situation: Situation,
    name: str,
    networks: tuple[Generator, Discriminator],
    objective: Objective,
    optimiser: Optimiser,
    *,
    batch: int = 64,
    share_fakes: bool = False,
) -> Run:
    return Run(
        recipe=name,
        data=situation.data,
        domain=situation.domain,
        generator=networks[0],
        discriminator=networks[1],
        objective=objective,
        generator_optimiser=optimiser,
        discriminator_optimiser=optimiser,
        batch=batch,
        share_fakes=share_fakes,
        budget=Budget(samples=3_000_000),
    )


RECIPES: dict[str, Recipe] = {
    "mlp": Recipe(mlp, 2014, "Goodfellow et al.", "perceptrons 100-256", "non-saturating"),
    "mlp-conv": Recipe(mlp_conv, 2014, "Goodfellow et al.", "dense G, strided D", "non-saturating"),
    "conv28": Recipe(conv28, 2015, "Radford et al.", "7x7x256, 5x5 kernels", "non-saturating"),
    "dcgan": Recipe(dcgan, 2015, "Radford et al.", "dcgan", "non-saturating"),
    "lsgan": Recipe(lsgan, 2016, "Mao et al.", "dcgan", "least squares"),
    "wgan": Recipe(wgan, 2017, "Arjovsky et al.", "dcgan", "Wasserstein, clipped weights"),
    "wgan-gp": Recipe(wgan_gp, 2017, "Gulrajani et al.", "dcgan, no norm in D", "Wasserstein + gradient penalty"),
    "sngan": Recipe(sngan, 2018, "Miyato et al.", "resnet, spectral norm", "hinge"),
}
