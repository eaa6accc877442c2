"""Static files under names that carry a hash of their content, also inside ES modules."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedStatic(ManifestStaticFilesStorage):
    """Rewrites `import "./wire.js"` too, and answers unknown names with the plain address instead of an error."""

    support_js_module_import_aggregation = True
    manifest_strict = False
