//! Names of agents and members in three languages. Surnames are those that fit women and men alike.

struct Language {
    given: [&'static str; 20],
    family: [&'static str; 20],
}

const UKRAINIAN: Language = Language {
    given: [
        "Олена",
        "Тарас",
        "Марта",
        "Богдан",
        "Ірина",
        "Андрій",
        "Соломія",
        "Дмитро",
        "Оксана",
        "Юрій",
        "Наталія",
        "Остап",
        "Катерина",
        "Назар",
        "Людмила",
        "Павло",
        "Зоряна",
        "Михайло",
        "Віра",
        "Ігор",
    ],
    family: [
        "Коваль",
        "Бондар",
        "Гнатюк",
        "Шевчук",
        "Мельник",
        "Ткаченко",
        "Лисенко",
        "Кравець",
        "Онищук",
        "Палій",
        "Романюк",
        "Сорока",
        "Савчук",
        "Литвин",
        "Зінчук",
        "Дорош",
        "Марченко",
        "Гайдай",
        "Юрченко",
        "Бойко",
    ],
};

const ENGLISH: Language = Language {
    given: [
        "Grace", "Oliver", "Amelia", "Henry", "Isla", "George", "Freya", "Samuel", "Ruby", "Arthur", "Daisy",
        "Edward", "Hannah", "Thomas", "Phoebe", "Daniel", "Martha", "Owen", "Clara", "Peter",
    ],
    family: [
        "Hughes", "Carter", "O'Neill", "Bennett", "Shaw", "Palmer", "Reid", "Foster", "Wallis", "Marsh",
        "Doyle", "Fletcher", "Barlow", "Hayes", "Norris", "Pike", "Sutton", "Vaughan", "Webb", "Yates",
    ],
};

const POLISH: Language = Language {
    given: [
        "Zofia",
        "Jakub",
        "Agnieszka",
        "Paweł",
        "Małgorzata",
        "Łukasz",
        "Ewa",
        "Michał",
        "Hanna",
        "Grzegorz",
        "Joanna",
        "Krzysztof",
        "Iwona",
        "Stanisław",
        "Beata",
        "Rafał",
        "Urszula",
        "Tomasz",
        "Żaneta",
        "Wojciech",
    ],
    family: [
        "Nowak",
        "Wójcik",
        "Mazur",
        "Zając",
        "Król",
        "Pawlak",
        "Dudek",
        "Stępień",
        "Wróbel",
        "Sikora",
        "Baran",
        "Szewczyk",
        "Pietrzak",
        "Marciniak",
        "Bąk",
        "Włodarczyk",
        "Cieślak",
        "Gołąb",
        "Żak",
        "Duda",
    ],
};

const LANGUAGES: [Language; 3] = [UKRAINIAN, ENGLISH, POLISH];

/// Writes the `number`-th name; the first 1,200 differ from each other.
pub(super) fn write_name(number: u64, out: &mut String) {
    let language = &LANGUAGES[(number % 3) as usize];
    let pair = number / 3;
    out.push_str(language.given[(pair % 20) as usize]);
    out.push(' ');
    out.push_str(language.family[((pair + pair / 20) % 20) as usize]);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn the_first_1200_names_differ() {
        let names: BTreeSet<String> = (0..1_200)
            .map(|number| {
                let mut name = String::new();
                super::write_name(number, &mut name);
                name
            })
            .collect();
        assert_eq!(names.len(), 1_200);
    }
}
