// How the page plays what a query attends to, and the files of it.
import { save } from "../core/files";
import { headId } from "../core/heads";
import { mixed, type Mix } from "../core/mix";
import { mixRecord } from "../core/mixRecord";
import { wav } from "../core/wav";
import { SETTINGS, SHARES, type Setting } from "../store/listening";
import type { UtterancePlayer } from "../store/player";
import { RadioGroup } from "./controls";
import { Menu } from "./Menu";

export function ListeningMenu({ player }: { player: UtterancePlayer }) {
  const { share, listening } = player.store.state;
  const toggle = (setting: Setting) =>
    (listening.value = listening.value.includes(setting)
      ? listening.value.filter((other) => other !== setting)
      : [...listening.value, setting]);
  return (
    <Menu name="listening">
      <span>play of the attention</span>
      <RadioGroup label="Share of the attention that is played" value={share} options={Object.keys(SHARES)} />
      {SETTINGS.map((setting) => (
        <label key={setting}>
          <input type="checkbox" checked={listening.value.includes(setting)} onChange={() => toggle(setting)} />
          {setting}
        </label>
      ))}
      <Files player={player} />
    </Menu>
  );
}

/** Buttons that save the sound of the query and of what it attends to. */
function Files({ player }: { player: UtterancePlayer }) {
  const { store, listening } = player;
  const isReady = player.audio.ready.value && listening.parts.value.length > 0;
  const name = `${store.utterance.value.id} ${headId(store.selectedHead.value)} attended`;
  const offer = (label: string, title: string, write: () => void) => (
    <button type="button" disabled={!isReady} title={title} onClick={write}>
      {label}
    </button>
  );
  const mono = () => listening.mix(listening.parts.value)!;
  const stereo = () => listening.mix(listening.partsWithQuery())!;
  return (
    <>
      <span>save with the frames as JSON</span>
      <div class="oto-row-buttons">
        {offer("WAV", "One channel, as it is played", () => saveBoth(player, mono(), name, (mix) => [mixed(mix)]))}
        {offer("stereo WAV", "The query left, what it attends to right", () =>
          saveBoth(player, stereo(), `${name} stereo`, ({ samples }) => [samples.query, samples.attended]),
        )}
      </div>
      {!isReady && <small>select a query on the map first</small>}
    </>
  );
}

/** Save a mix, and which frames it contains. */
function saveBoth(player: UtterancePlayer, mix: Mix, name: string, channels: (mix: Mix) => Float32Array[]): void {
  const { store, labels, listening } = player;
  const { layer, head } = store.selectedHead.value;
  const about = {
    run: store.run.name,
    model: store.run.model,
    utterance: store.utterance.value.id,
    layer,
    head,
    queries: player.queriesShown.value,
    share_of_attention: listening.share.value,
    settings: store.state.listening.value,
  };
  const frames = { period: store.run.frame_period, origin: labels.detail.value.origin };
  save(wav(channels(mix), mix.rate), `${name}.wav`);
  save(`${JSON.stringify(mixRecord(mix, frames, about), null, 2)}\n`, `${name}.json`);
}
