/** A dot in a colour that comes from the data. */
export function Chip({ colour }: { readonly colour: string }) {
  return <span className="chip" style={{ backgroundColor: colour }} aria-hidden="true" />;
}
