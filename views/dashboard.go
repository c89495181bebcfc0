package views

// DashboardPage is /dashboard. What could not be read is nil, and an alert stands in its place.
type DashboardPage struct {
	Base
	Notices     []Alert     // what needs somebody, the most urgent first
	Steps       *FirstSteps // until the first message is delivered
	Tiles       []Tile
	Traffic     *Chart
	Failures    *FailureBars
	StatsAlert  *Alert
	Latest      *MessageTable
	LatestEmpty *Empty
	LatestAlert *Alert
	Survey      *NPSSurvey // may be nil
}

// FirstSteps is the way to the first delivered message.
type FirstSteps struct {
	Progress Text
	Items    []FirstStep
}

// FirstStep is one step; URL is where it is done.
type FirstStep struct {
	Label, Text Text
	URL         string
	Done        bool
}

// FailureBars are the commonest causes of failure. None says that there are none.
type FailureBars struct {
	Period Text
	None   Text
	Items  []FailureBar
}

// FailureBar is one cause. Share is its length of 100, the commonest being 100.
type FailureBar struct {
	Label, Count Text
	Share        int
	URL          string // these messages in the log
}

// Dashboard is the page.
var Dashboard = page[DashboardPage]("dashboard/home")
