"""Small synthetic clips, made with PyAV alone, for tests of what reads and writes video."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from palantir.media import Planes

RATE = Fraction(25)


def picture(index: int, width: int = 64, height: int = 48) -> Planes:
    """A moving ramp with a bright square; each frame differs from all others."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    luma = (3 * x + 2 * y + 5 * index) % 200 + 16
    luma[8:24, (index * 3) % 32 : (index * 3) % 32 + 16] = 230
    chroma_x, chroma_y = np.meshgrid(np.arange((width + 1) // 2), np.arange((height + 1) // 2))
    return (
        luma.astype(np.uint8),
        (100 + (chroma_x + index) % 50).astype(np.uint8),
        (110 + (chroma_y + 2 * index) % 40).astype(np.uint8),
    )


def make_clip(
    path: Path,
    *,
    codec: str = "libvpx-vp9",
    times: Sequence[int] = range(0, 400, 40),
    size: tuple[int, int] = (64, 48),
    audio: str | None = None,
    matrix: int = 2,
    full_range: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode `picture(i)` at each of `times` (milliseconds), beside a tone of equal length."""
    with av.open(str(path), "w", options=options or {}) as output:
        video = output.add_stream(codec, rate=RATE)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        video.codec_context.colorspace = matrix
        if full_range:
            video.codec_context.color_range = 2
        if codec == "libvpx-vp9":
            video.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
        sound = output.add_stream(audio, rate=48_000) if audio else None
        if isinstance(sound, AudioStream):
            sound.codec_context.layout = "mono"
        for index, time in enumerate(times):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane, samples in zip(frame.planes, picture(index, *size), strict=True):
                padded = np.zeros((plane.height, plane.line_size), np.uint8)
                padded[:, : plane.width] = samples
                plane.update(padded.tobytes())
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        if isinstance(sound, AudioStream):
            _mux_tone(output, sound, max(times) + 40)
    return path


def make_tone(path: Path, milliseconds: int = 400) -> Path:
    """Encode a tone without any picture."""
    with av.open(str(path), "w") as output:
        sound = output.add_stream("libopus", rate=48_000)
        assert isinstance(sound, AudioStream)
        sound.codec_context.layout = "mono"
        _mux_tone(output, sound, milliseconds)
    return path


def audio_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def frame_times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [
            frame.pts * frame.time_base
            for frame in container.decode(video=0)
            if frame.pts is not None and frame.time_base is not None
        ]


def _mux_tone(output: OutputContainer, stream: AudioStream, milliseconds: int) -> None:
    samples = 960
    for start in range(0, 48 * milliseconds, samples):
        phase = np.arange(start, start + samples) * (2 * np.pi * 440 / 48_000)
        tone = (8000 * np.sin(phase)).astype(np.int16)[np.newaxis]
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))
