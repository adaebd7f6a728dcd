"""Our port of Mockingjay as a transformers model; importing it registers the family with the Auto classes."""

from transformers import AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForPreTraining

from otoscope.models.mockingjay.configuration import MockingjayConfig
from otoscope.models.mockingjay.feature_extraction import MockingjayFeatureExtractor
from otoscope.models.mockingjay.modeling import MockingjayForPreTraining, MockingjayModel

__all__ = ["MockingjayConfig", "MockingjayFeatureExtractor", "MockingjayForPreTraining", "MockingjayModel"]

AutoConfig.register("mockingjay", MockingjayConfig)
AutoModel.register(MockingjayConfig, MockingjayModel)
AutoModelForPreTraining.register(MockingjayConfig, MockingjayForPreTraining)
AutoFeatureExtractor.register(MockingjayConfig, MockingjayFeatureExtractor)
