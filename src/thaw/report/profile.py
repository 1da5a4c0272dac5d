"""A profile as a page: the data, and what the network already knows of it."""

from __future__ import annotations

from ..records import Profile, Quantiles
from .charts import Scale, around, around_log, dot, line, path, plot, text
from .html import columns, count, duration, escape, heading, large, more, percent, section, shell, table, tiles

TICKS = 10


def page(profile: Profile) -> str:
    return shell("Profile of the dataset", sections(profile), f"Dataset {profile.dataset}")


def sections(profile: Profile) -> list[str]:
    return [
        section("The data", tiles(_data(profile)) + _spread(profile)),
        section(
            "What the network already knows",
            columns(_depths(profile), _curve(profile)) + _blocks(profile),
            _note(profile),
        ),
        section("The network", tiles(_network(profile))),
    ]


def _data(profile: Profile) -> list[tuple[str, str, str]]:
    total = sum(profile.rows.values())
    splits = ", ".join(f"{count(rows)} {split}" for split, rows in profile.rows.items())
    skew = "balanced" if profile.imbalance < 1.5 else f"largest class {profile.imbalance:.1f} × the smallest"
    return [
        ("Rows", count(total), splits),
        ("Classes", count(profile.classes), skew),
        ("Largest class", percent(profile.majority), "what always answering it scores"),
        ("Duplicates", percent(profile.duplicates), "same content earlier in the split"),
        ("Leaked", count(profile.leaked), "test rows also in train or validation"),
        ("Rejected", count(profile.rejected), "rows refused at ingestion"),
        ("Labels in doubt", percent(profile.label_noise), "a probe is sure of another class"),
    ]


def _spread(profile: Profile) -> str:
    head = ("", "Least", "Lower quartile", "Median", "Upper quartile", "98%", "Most")
    rows = [
        _quantiles("Rows a class", profile.rows_per_class),
        _quantiles(f"{profile.extent_unit.capitalize()} a row", profile.extent),
    ]
    return table(head, rows, numbers=6)


def _quantiles(name: str, numbers: Quantiles) -> tuple[str, ...]:
    ordered = (numbers.low, numbers.q25, numbers.median, numbers.q75, numbers.q98, numbers.high)
    return (name, *map(count, ordered))


def _note(profile: Profile) -> str:
    return (
        f"Cross-validated {profile.metric.replace('_', ' ')} of simple probes on the pooled activations of "
        f"{count(profile.sample_rows)} training rows. A curve that peaks before the last block says that the last "
        f"blocks are made for something else. {_together(profile)}The "
        f"{'words' if profile.modality == 'text' else 'pixels'} alone, without any network, score "
        f"{percent(profile.input_baseline)}."
    )


def _together(profile: Profile) -> str:
    """What a head on several depths would score, as a sentence."""
    together = [each for each in profile.readouts if each.decay > 0]
    if not together:
        return ""
    scores = " and ".join(f"{percent(each.ridge)} (each weighing {each.decay:g} of the one above)" for each in together)
    read = "all of them" if profile.readout.decay else "the last alone"
    return f"All depths side by side score {scores}; a frozen network's head would read {read}. "


def _depths(profile: Profile) -> str:
    shown = profile.depths
    floor = profile.majority if profile.metric == "accuracy" else 1 / profile.classes
    ends = [end for item in shown for end in (item.ridge - item.ridge_error, item.ridge + item.ridge_error, item.knn)]
    x, y = Scale(shown[0].depth - 0.5, shown[-1].depth + 0.5), around([*ends, floor], 0, 1)
    least = 100 - y(floor)
    best = max(shown, key=lambda item: item.ridge)
    marks = [
        line(0, least, 100, least, "dash"),
        text(100, least, "largest class alone", dy=-6, anchor="end", kind="halo"),
    ]
    marks.append(path([(x(item.depth), 100 - y(item.knn)) for item in shown]))
    marks.append(path([(x(item.depth), 100 - y(item.ridge)) for item in shown], "a"))
    for item in shown:
        across, name = x(item.depth), f"{item.block} (depth {item.depth})"
        low, high = y(item.ridge - item.ridge_error), y(item.ridge + item.ridge_error)
        marks.append(dot(across, 100 - y(item.knn), "", 4, f"{name}: knn {percent(item.knn)}"))
        marks.append(line(across, 100 - low, across, 100 - high, "whisker a"))
        size = 6.5 if item is best else 4.5
        marks.append(dot(across, 100 - y(item.ridge), "a", size, f"{name}: ridge {percent(item.ridge)}"))
    side = "end" if x(best.depth) > 60 else "start" if x(best.depth) < 40 else "middle"
    top = 100 - y(best.ridge + best.ridge_error)
    marks.append(text(x(best.depth), top, best.block, dy=-8, anchor=side, kind="halo name"))
    step = -(-len(shown) // TICKS)
    picture = plot(
        x,
        y,
        marks,
        about="Probe score by depth",
        x_name="depth: blocks from the input",
        x_label=count,
        x_ticks=[item.depth for item in reversed(shown)][::step],
    )
    key = '<div class="key"><span class="a">ridge, ± standard error</span><span>nearest neighbours</span></div>'
    return heading("Score by depth") + key + picture


def _curve(profile: Profile) -> str:
    shown = profile.curve
    if not shown:
        return ""
    x, y = around_log([point.rows for point in shown]), around([point.score for point in shown], 0, 1)
    places = [(x(point.rows), 100 - y(point.score)) for point in shown]
    dots = [
        dot(*place, "a", 4.5, f"{count(point.rows)} rows: {percent(point.score)}")
        for place, point in zip(places, shown, strict=True)
    ]
    picture = plot(
        x,
        y,
        [path(places, "a"), *dots],
        about="Learning curve of the probe",
        x_name="training rows, logarithmic",
        x_label=count,
    )
    key = '<div class="key"><span class="a">probe on what the head of a frozen network would read</span></div>'
    return heading("Score by number of rows") + key + picture


def _blocks(profile: Profile) -> str:
    rows = [
        (
            str(item.depth),
            escape(item.block),
            str(item.width),
            f"{percent(item.ridge)} ± {100 * item.ridge_error:.1f}",
            percent(item.knn),
        )
        for item in profile.depths
    ]
    return more(
        "The same as numbers", table(("Depth", "Block", "Width", "Ridge", "Nearest neighbours"), rows, numbers=3)
    )


def _network(profile: Profile) -> list[tuple[str, str, str]]:
    network = profile.network
    parameters = sum(block.parameters for block in network.blocks)
    size = f"{network.input_size} {'pixels a side' if profile.modality == 'image' else 'tokens'}"
    return [
        ("Network", network.reference, "LoRA possible" if network.supports_lora else "no LoRA"),
        ("Parameters", large(parameters), f"in {len(network.blocks)} blocks"),
        ("Input", size, f"filled to {profile.mean_length:.0%} on average"),
        ("Forward pass", f"{duration(profile.forward_seconds_per_row)} a row", profile.device),
    ]
