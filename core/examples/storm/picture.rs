//! The attempts as an SVG: one panel for each of some policies, time to the right, a logarithmic scale upwards.

use std::fmt::Write as _;

use crate::page::LATE;
use crate::{Compared, FIVE, FOREVER, OUTAGE, SEED, SEED_FOREVER};

/// Seconds shown, with ten slots each, one pixel a slot.
const SECONDS: usize = 100;
const WIDTH: usize = SECONDS * 10;
const PANEL: usize = 120;
const LEFT: usize = 70;
const TOP: usize = 46;
const STEP: usize = PANEL + 44;

/// The powers of ten of the scale.
const DECADES: usize = 6;

pub(crate) fn render(compared: &[Compared]) -> String {
    let shown = [SEED, SEED_FOREVER, FIVE, FOREVER].map(|index| &compared[index]);
    let (width, height) = (LEFT + WIDTH + 20, TOP + shown.len() * STEP + 10);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n\
         <title>Attempts to reconnect per 100 ms, of 1,000,000 sockets</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"18\">Attempts to reconnect per 100 ms, of 1,000,000 sockets whose server is away for 60 s \
         (shaded)</text>\n"
    );
    for (row, compared) in shown.into_iter().enumerate() {
        panel(&mut svg, TOP + row * STEP, compared);
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(svg: &mut String, top: usize, compared: &Compared) {
    let bottom = top + PANEL;
    let storm = &compared.outage;
    let outage = OUTAGE.as_secs() as usize * 10;
    let _ = writeln!(svg, "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{outage}\" height=\"{PANEL}\" fill=\"#f1efe9\"/>");
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{}: {:.1} % back after 120 s</text>",
        top - 6,
        compared.policy.name,
        storm.share_back(LATE) * 100.0
    );
    for decade in (0..=DECADES).step_by(2) {
        let y = bottom - PANEL * decade / DECADES;
        let label = ["1", "100", "10,000", "1,000,000"][decade / 2];
        let _ = writeln!(svg, "<path d=\"M{LEFT} {y}h{WIDTH}\" stroke=\"#ccc\"/>");
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" font-size=\"11\" text-anchor=\"end\">{label}</text>",
            LEFT - 6,
            y + 4
        );
    }
    for second in (0..=SECONDS).step_by(10) {
        let (x, y) = (LEFT + second * 10, bottom + 15);
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" font-size=\"11\" text-anchor=\"middle\">{second} s</text>");
    }
    let mut path = format!("M{LEFT} {bottom}");
    for (slot, count) in storm.attempts.iter().take(WIDTH).enumerate() {
        let _ = write!(path, "V{}H{}", bottom - height(*count), LEFT + slot + 1);
    }
    let _ = writeln!(svg, "<path d=\"{path}V{bottom}Z\" fill=\"#2f6db5\"/>");
}

/// One attempt is a pixel high, none is none.
fn height(count: u64) -> usize {
    if count == 0 { 0 } else { 1 + ((count as f64).log10() * (PANEL - 1) as f64 / DECADES as f64).round() as usize }
}
