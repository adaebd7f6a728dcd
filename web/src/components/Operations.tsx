// The named operations of a head, from the intervals of its relation map.

export function Operations({ names }: { names: string[] }) {
  if (!names.length) return <p class="oto-hint">None: no preference of this head is certain.</p>;
  return (
    <ul class="oto-operations">
      {names.map((name) => (
        <li key={name} class={name.startsWith("avoids") ? "oto-avoids" : "oto-attends"}>
          {name}
        </li>
      ))}
    </ul>
  );
}
