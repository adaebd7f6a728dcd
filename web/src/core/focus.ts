// The focus after a change of the view, which removes the control that had it.

/** Give the focus to the first element that matches, as soon as it exists, unless the user has moved the focus. */
export function keepFocus(container: HTMLElement, selector: string): void {
  const focus = (): boolean => {
    if (document.activeElement !== document.body) return true;
    const element = container.querySelector<HTMLElement>(selector);
    element?.focus({ preventScroll: true });
    return element !== null;
  };
  if (focus()) return;
  const observer = new MutationObserver(() => {
    if (!container.isConnected || focus()) observer.disconnect();
  });
  observer.observe(container, { childList: true, subtree: true });
}
