// The named operations of a head, from the intervals of its relation map.

export function Operations({ names }: { names: string[] }) {
  if (!names.length) return <p class="hint">None that its interval names.</p>;
  return (
    <ul class="operations">
      {names.map((name) => (
        <li key={name} class={name.startsWith("avoids") ? "avoids" : "attends"}>
          {name}
        </li>
      ))}
    </ul>
  );
}
