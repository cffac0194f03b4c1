"""Cloud Vision for everyone: `POST /v1/images:annotate` in Cloud Vision's REST form, answered by the local models."""
