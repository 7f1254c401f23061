export function TablesPage() {
  return <div />;
}
