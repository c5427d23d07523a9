// What one does with the time that is played: start, pause, scrub, speed, pass over idle time.
import { useEffect, useRef } from "react";
import { Icon } from "../../components/Icon";
import { duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import { type Player, type PlayState, SPEEDS } from "./playback";

interface Props {
  player: Player;
  play: PlayState;
  total: number;
  /** Spans that had begun by now, of all. */
  begun: string;
}

const STEPS = 1000;

export function PlayerBar({ player, play, total, begun }: Props) {
  const slider = useRef<HTMLInputElement>(null);
  const clock = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      player.follow((at) => {
        if (slider.current) slider.current.value = String(((at ?? 0) / total) * STEPS);
        if (clock.current) clock.current.textContent = duration(at ?? 0);
      }),
    [player, total],
  );
  return (
    <div className="player" role="group" aria-label={t("Playback")}>
      <button
        type="button"
        className="icon-button"
        title={play.playing ? t("Pause (space)") : t("Play (space)")}
        aria-label={play.playing ? t("Pause") : t("Play")}
        onClick={() => player.toggle()}
      >
        <Icon name={play.playing ? "pause" : "play"} />
      </button>
      <span className="figure player-clock" ref={clock} />
      <input
        ref={slider}
        type="range"
        className="player-slider"
        min={0}
        max={STEPS}
        step={1}
        defaultValue={0}
        aria-label={t("Time")}
        aria-valuetext={duration(play.at ?? 0)}
        onChange={(event) => player.set({ at: (Number(event.target.value) / STEPS) * total })}
      />
      <span className="figure faint">{duration(total)}</span>
      <span className="figure muted player-begun">{begun}</span>
      <label className="player-choice">
        <span className="sr-only">{t("Speed")}</span>
        <select
          className="field"
          value={play.speed}
          title={t("Seconds of the trace per second")}
          onChange={(event) => player.set({ speed: Number(event.target.value) })}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      <label className="player-choice">
        <input
          type="checkbox"
          checked={play.skipsIdle}
          onChange={(event) => player.set({ skipsIdle: event.target.checked })}
        />
        <span>{t("skip idle time")}</span>
      </label>
      <button
        type="button"
        className="icon-button"
        title={t("Show the whole trace")}
        aria-label={t("End playback")}
        onClick={() => player.end()}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
