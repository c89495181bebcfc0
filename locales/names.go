package locales

// Our own names, not CLDR's: CLDR writes سنبلهٔ for Dari and Persian letters in Pashto months.

var englishMonths = calendarNames{
	gregorian: [12]string{"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"},
	gregorianShort: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	shamsi: [12]string{"Hamal", "Sawr", "Jawza", "Saratan", "Asad", "Sonbola",
		"Mizan", "Aqrab", "Qaws", "Jadi", "Dalwa", "Hut"},
}

var englishWeekdays = [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

var dariMonths = calendarNames{
	gregorian: [12]string{"جنوری", "فبروری", "مارچ", "اپریل", "می", "جون",
		"جولای", "اگست", "سپتمبر", "اکتوبر", "نومبر", "دسمبر"},
	shamsi: [12]string{"حمل", "ثور", "جوزا", "سرطان", "اسد", "سنبله", "میزان", "عقرب", "قوس", "جدی", "دلو", "حوت"},
}

var dariWeekdays = [7]string{
	"یک\u200cشنبه", "دوشنبه", "سه\u200cشنبه", "چهارشنبه", "پنج\u200cشنبه", "جمعه", "شنبه",
}

var pashtoMonths = calendarNames{
	gregorian: [12]string{"جنوري", "فېبروري", "مارچ", "اپریل", "مۍ", "جون",
		"جولای", "اګست", "سپتمبر", "اکتوبر", "نومبر", "دسمبر"},
	shamsi: [12]string{"وری", "غویی", "غبرګولی", "چنګاښ", "زمری", "وږی",
		"تله", "لړم", "لیندۍ", "مرغومی", "سلواغه", "کب"},
}

var pashtoWeekdays = [7]string{"يونۍ", "دونۍ", "درېنۍ", "څلرنۍ", "پينځنۍ", "جمعه", "اونۍ"}

var arabicMonths = calendarNames{
	gregorian: [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
		"يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
	shamsi: [12]string{"الحمل", "الثور", "الجوزاء", "السرطان", "الأسد", "السنبلة",
		"الميزان", "العقرب", "القوس", "الجدي", "الدلو", "الحوت"},
}

var arabicWeekdays = [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"}
