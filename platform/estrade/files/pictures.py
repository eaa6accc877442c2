"""Pictures: read whole, turned upright and written anew, so that nothing of the first file but what one sees remains.

The size is judged from the header, before a pixel is unfolded. Where a photo was taken, with what and when goes, and so
does whatever hides behind the last pixel.
"""

import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from estrade.kernel.refusal import Refused

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 12_000
MOST_FRAMES = 300
FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF"}
_OPTIONS: dict[str, dict[str, Any]] = {
    "png": {"compress_level": 6},
    "jpeg": {"quality": 88, "optimize": False},
    "webp": {"quality": 85, "method": 3},
    "gif": {"disposal": 2},
}


def rewrite_picture(source: Path, target: Path, kind: str) -> None:
    """Write the picture anew. Refused: picture_too_large (from the header), file_damaged."""
    try:
        with warnings.catch_warnings():
            # Pillow's own warning comes before its error; both mean too large.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=(FORMATS[kind],)) as picture:
                _check_size(picture)
                _write(picture, target, kind)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_large() from None
    except (UnidentifiedImageError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError):
        raise Refused("file_damaged", field="file") from None
    except OSError as error:
        # A picture that is cut short is an OSError without a number; a disk that is full has one.
        if error.errno is None:
            raise Refused("file_damaged", field="file") from None
        raise


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise _too_large()


def _too_large() -> Refused:
    return Refused("picture_too_large", field="file", megapixels=MOST_PIXELS // 1_000_000, side=LONGEST_SIDE)


def _write(picture: Image.Image, target: Path, kind: str) -> None:
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and kind in {"gif", "webp"}:
        if frames > MOST_FRAMES or frames * picture.width * picture.height > 4 * MOST_PIXELS:
            raise _too_large()
        read = [(frame.info.get("duration", 100), _plain(frame, kind)) for frame in ImageSequence.Iterator(picture)]
        times, (first, *others) = [time for time, _still in read], [still for _time, still in read]
        moving = {"save_all": True, "append_images": others, "duration": times, "loop": 0}
        first.save(target, FORMATS[kind], **moving, **_OPTIONS[kind])
        return
    _plain(ImageOps.exif_transpose(picture), kind).save(target, FORMATS[kind], **_OPTIONS[kind])


def _plain(picture: Image.Image, kind: str) -> Image.Image:
    """The pixels alone: a new image, without the words and profiles that the old one carried."""
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    mode = "RGB" if kind == "jpeg" or not has_alpha else "RGBA"
    if picture.mode == "L" and not has_alpha:
        mode = "L"
    pixels = picture.convert(mode)
    pixels.info = {}
    return pixels
